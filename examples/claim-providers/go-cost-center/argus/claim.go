package argus

import "encoding/json"

// Claim is a claim to set. Text, Integer, Boolean, TextList and JSON make one.
type Claim struct {
	// Name is one of the plan's claim names.
	Name  string
	value any
}

// document is any JSON as text; the contract has no deeper types than lists.
type document string

// Text is a claim with a JSON string.
func Text(name, value string) Claim { return Claim{name, value} }

// Integer is a claim with a JSON number.
func Integer(name string, value int64) Claim { return Claim{name, value} }

// Boolean is a claim with true or false.
func Boolean(name string, value bool) Claim { return Claim{name, value} }

// TextList is a claim with a JSON array of strings, which may be empty.
func TextList(name string, values []string) Claim { return Claim{name, values} }

// JSON is a claim with any value that encoding/json can write, at most 8 levels deep.
func JSON(name string, value any) (Claim, error) {
	text, err := json.Marshal(value)
	return Claim{name, document(text)}, err
}

// Value is what the claim holds: a string, an int64, a bool, a []string, or the JSON text as json.RawMessage. For tests.
func (claim Claim) Value() any {
	if text, isDocument := claim.value.(document); isDocument {
		return json.RawMessage(text)
	}
	return claim.value
}
