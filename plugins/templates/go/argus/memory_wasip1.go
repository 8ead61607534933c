package argus

import (
	"runtime/debug"
	"unsafe"
)

// chunkSize is what the arena takes from Go's heap at a time.
const chunkSize = 64 << 10

// arena holds what the host hands over and what it gets back. Go's heap does not move things, and the chunks stay referenced, so that
// addresses stay good. Nothing is freed: an instance serves one call.
var arena struct {
	chunks [][]uint64
	next   uintptr
	end    uintptr
}

func init() {
	// The collector must not run while the host hands over arguments: it would ask for the time, and a component may not call anything
	// during that. An instance that serves one call needs no collector either.
	debug.SetGCPercent(-1)
	// The first chunk becomes part of the component, which is pre-initialised.
	grow(chunkSize)
}

// grow begins a chunk of at least so many bytes. Words of 64 bits make it begin at a multiple of 8, the greatest alignment there is.
func grow(size uintptr) {
	chunk := make([]uint64, (max(size, chunkSize)+7)/8)
	arena.chunks = append(arena.chunks, chunk)
	arena.next = uintptr(unsafe.Pointer(unsafe.SliceData(chunk)))
	arena.end = arena.next + uintptr(len(chunk))*8
}

// allocate returns the address of zeroed memory.
func allocate(size, align uintptr) uintptr {
	start := (arena.next + align - 1) &^ (align - 1)
	if start+size > arena.end {
		grow(size)
		start = arena.next
	}
	arena.next = start + size
	return start
}

// at turns an address of linear memory into a pointer.
func at(address uintptr) unsafe.Pointer {
	// A conversion in one expression is what `go vet` takes for a mistake; here addresses are all there is.
	return *(*unsafe.Pointer)(unsafe.Pointer(&address))
}

// Called by the host to hand over arguments, by the canonical ABI of the component model.
//
//go:wasmexport cabi_realloc
func reallocate(old, oldSize, align, newSize uint32) uint32 {
	if newSize == 0 {
		return align
	}
	address := allocate(uintptr(newSize), uintptr(align))
	if oldSize > 0 {
		copy(unsafe.Slice((*byte)(at(address)), newSize), unsafe.Slice((*byte)(at(uintptr(old))), oldSize))
	}
	return uint32(address)
}
