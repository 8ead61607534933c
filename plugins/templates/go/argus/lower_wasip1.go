package argus

import (
	"errors"
	"unsafe"
)

// Where a value begins is computed by hand, by the canonical ABI of the component model: texts and lists are an address and a length, a
// variant is its number and, at the alignment of the largest case, its value.

// kept holds what results point at.
var kept []string

func put[T uint8 | uint16 | uint32 | int64](address uintptr, value T) { *(*T)(at(address)) = value }

func putText(address uintptr, text string) {
	kept = append(kept, text)
	put(address, uint32(uintptr(unsafe.Pointer(unsafe.StringData(text)))))
	put(address+4, uint32(len(text)))
}

// putList writes elements of a size elsewhere; 8 suits every type of the contract.
func putList[T any](address, size uintptr, elements []T, putElement func(uintptr, T)) {
	first := allocate(size*uintptr(len(elements)), 8)
	for i, element := range elements {
		putElement(first+size*uintptr(i), element)
	}
	put(address, uint32(first))
	put(address+4, uint32(len(elements)))
}

func putTexts(address uintptr, texts []string) { putList(address, 8, texts, putText) }

func putProblems(address uintptr, problems []Problem) {
	putList(address, 16, problems, func(address uintptr, problem Problem) {
		putText(address, problem.Pointer)
		putText(address+8, problem.Message)
	})
}

func putMetadata(address uintptr, metadata Metadata) {
	putText(address, metadata.Name)
	putText(address+8, metadata.Version)
	putText(address+16, metadata.Description)
	putText(address+24, metadata.ConfigurationSchema)
	put(address+32, uint16(metadata.Needs))
}

func putPlan(address uintptr, plan Plan) {
	putTexts(address, plan.ClaimNames)
	putTexts(address+8, withoutNothing(plan.Groups))
	putTexts(address+16, withoutNothing(plan.Functions))
	putTexts(address+24, withoutNothing(plan.Attributes))
}

func putClaim(address uintptr, claim Claim) {
	putText(address, claim.Name)
	kind, value := address+8, address+16
	switch held := claim.value.(type) {
	case string:
		put(kind, uint8(0))
		putText(value, held)
	case int64:
		put(kind, uint8(1))
		put(value, held)
	case bool:
		put(kind, uint8(2))
		if held {
			put(value, uint8(1))
		}
	case []string:
		put(kind, uint8(3))
		putTexts(value, held)
	case document:
		put(kind, uint8(4))
		putText(value, string(held))
	default:
		panic("a claim was made without Text, Integer, Boolean, TextList or JSON: " + claim.Name)
	}
}

func putError(address uintptr, err error) {
	var refused refusal
	var bad badConfiguration
	switch {
	case errors.As(err, &bad):
		put(address, uint8(0))
		putProblems(address+4, bad)
	case errors.As(err, &refused):
		put(address, uint8(1))
		putText(address+4, string(refused))
	default:
		put(address, uint8(2))
		putText(address+4, err.Error())
	}
}
