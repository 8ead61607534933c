package argus

import "unsafe"

// reader goes through arguments as the canonical ABI lays them out: each value at the next multiple of its alignment.
type reader struct{ address uintptr }

func (r *reader) align(to uintptr) { r.address = (r.address + to - 1) &^ (to - 1) }

func take[T uint8 | uint32 | uint64](r *reader) T {
	size := unsafe.Sizeof(T(0))
	r.align(size)
	value := *(*T)(at(r.address))
	r.address += size
	return value
}

// textAt does not copy: the arena keeps the bytes.
func textAt(address, length uint32) string {
	return unsafe.String((*byte)(at(uintptr(address))), length)
}

func (r *reader) text() string {
	address, length := take[uint32](r), take[uint32](r)
	return textAt(address, length)
}

// option reads a value that may be missing. A missing one takes as much room, and `align` is that of the value.
func option[T any](r *reader, align, size uintptr, value func(*reader) T) *T {
	r.align(align)
	present := take[uint8](r) != 0
	r.align(align)
	end := r.address + size
	var read *T
	if present {
		inner := value(r)
		read = &inner
	}
	r.address = end
	return read
}

func (r *reader) optionalText() *string   { return option(r, 4, 8, (*reader).text) }
func (r *reader) optionalNumber() *uint64 { return option(r, 8, 8, take[uint64]) }
func (r *reader) optionalNamed() *Named   { return option(r, 8, 24, (*reader).named) }
func (r *reader) optionalBool() *bool {
	return option(r, 1, 1, func(r *reader) bool { return take[uint8](r) != 0 })
}

// list reads the elements elsewhere; `align` is that of an element.
func list[T any](r *reader, align uintptr, value func(*reader) T) []T {
	address, length := take[uint32](r), take[uint32](r)
	elements := make([]T, length)
	inner := reader{uintptr(address)}
	for i := range elements {
		inner.align(align)
		elements[i] = value(&inner)
	}
	return elements
}

func (r *reader) texts() []string { return list(r, 4, (*reader).text) }

func (r *reader) named() Named {
	return Named{ID: take[uint64](r), ShortName: r.text(), Name: r.text()}
}

func (r *reader) attribute() Attribute {
	return Attribute{Name: r.text(), Values: r.texts()}
}

func (r *reader) grant() FunctionGrant {
	return FunctionGrant{Function: r.text(), Customer: r.optionalNumber()}
}

func (r *reader) user() User {
	return User{
		ID:            take[uint64](r),
		Subject:       r.text(),
		Username:      r.optionalText(),
		Name:          r.optionalText(),
		Email:         r.optionalText(),
		EmailVerified: r.optionalBool(),
		Customer:      r.optionalNamed(),
		Domain:        r.optionalNamed(),
		Phone:         r.optionalText(),
		PhoneVerified: r.optionalBool(),
		Groups:        list(r, 8, (*reader).named),
		Roles:         r.texts(),
		Functions:     list(r, 8, (*reader).grant),
		Attributes:    list(r, 4, (*reader).attribute),
	}
}

func (r *reader) client() Client {
	return Client{ID: r.text(), Name: r.text(), Customer: r.optionalNumber()}
}

func (r *reader) request() Request {
	return Request{
		Issuer:    r.text(),
		Target:    Target(take[uint8](r)),
		GrantType: r.text(),
		Scopes:    r.texts(),
		Audiences: r.texts(),
		IssuedAt:  take[uint64](r),
	}
}

func (r *reader) session() Session {
	return Session{
		AuthenticatedAt: take[uint64](r),
		Amr:             r.texts(),
		Acr:             r.optionalText(),
		FederatedBy:     r.optionalText(),
		ClientIP:        r.optionalText(),
	}
}

// issuance: each of its records is aligned to 8, since each has a number of 64 bits.
func (r *reader) issuance() Issuance {
	var issuance Issuance
	r.align(8)
	issuance.User = r.user()
	r.align(8)
	issuance.Client = r.client()
	r.align(8)
	issuance.Request = r.request()
	r.align(8)
	issuance.Session = r.session()
	return issuance
}
