//! A heap that only grows. An instance serves one call and is thrown away with its memory, so freeing buys nothing and bookkeeping
//! costs most of what an allocation costs. The newest block can be resized and given back in place, which covers growing vectors.

use core::alloc::{GlobalAlloc, Layout};
use core::arch::wasm32::{memory_grow, memory_size};
use core::cell::UnsafeCell;
use core::ptr::null_mut;

const PAGE: usize = 65_536;
/// Pages asked for at once when the memory is used up.
const GROWTH: usize = 8;

unsafe extern "C" {
    /// First byte after the static data, set by the linker.
    static __heap_base: u8;
}

#[global_allocator]
static HEAP: Heap = Heap(UnsafeCell::new(Bounds { next: 0, end: 0 }));

struct Heap(UnsafeCell<Bounds>);

struct Bounds {
    next: usize,
    end: usize,
}

// SAFETY: a component instance has one thread.
unsafe impl Sync for Heap {}

impl Heap {
    /// SAFETY: one thread, and no caller keeps the reference over another call.
    #[expect(clippy::mut_from_ref, reason = "a component instance has one thread, and no borrow outlives the method that takes it")]
    unsafe fn bounds(&self) -> &mut Bounds {
        // SAFETY: as above.
        unsafe { &mut *self.0.get() }
    }
}

impl Bounds {
    /// Moves the end of the newest block to `end`, growing the memory when needed.
    fn reserve(&mut self, end: usize) -> bool {
        if end > self.end {
            let missing = (end - self.end).div_ceil(PAGE).max(GROWTH);
            if memory_grow(0, missing) == usize::MAX && memory_grow(0, (end - self.end).div_ceil(PAGE)) == usize::MAX {
                return false;
            }
            self.end = memory_size(0) * PAGE;
        }
        self.next = end;
        true
    }
}

// SAFETY: blocks are aligned, lie between `__heap_base` and the end of the memory, and never overlap: `next` only moves back over a block
// that is given up by its owner.
unsafe impl GlobalAlloc for Heap {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: see `bounds`.
        let bounds = unsafe { self.bounds() };
        if bounds.end == 0 {
            bounds.next = (&raw const __heap_base) as usize;
            bounds.end = memory_size(0) * PAGE;
        }
        let start = (bounds.next + layout.align() - 1) & !(layout.align() - 1);
        match start.checked_add(layout.size()) {
            Some(end) if bounds.reserve(end) => start as *mut u8,
            _ => null_mut(),
        }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: see `bounds`.
        let bounds = unsafe { self.bounds() };
        if block as usize + layout.size() == bounds.next {
            bounds.next = block as usize;
        }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        // SAFETY: see `bounds`.
        let bounds = unsafe { self.bounds() };
        if block as usize + layout.size() == bounds.next {
            return match (block as usize).checked_add(new_size) {
                Some(end) if bounds.reserve(end) => block,
                _ => null_mut(),
            };
        }
        if new_size <= layout.size() {
            return block;
        }
        // SAFETY: the caller vouches for `layout` and `new_size`; the new block is larger than the old.
        unsafe {
            let new = self.alloc(Layout::from_size_align_unchecked(new_size, layout.align()));
            if !new.is_null() {
                core::ptr::copy_nonoverlapping(block, new, layout.size());
            }
            new
        }
    }
}
