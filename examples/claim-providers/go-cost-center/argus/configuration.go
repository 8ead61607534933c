package argus

import (
	"encoding/json"
	"errors"
	"io"
	"strings"
)

// ParseConfiguration reads a configuration into a struct with `json` tags. Keys that the struct does not have are a problem, as they are
// in the schema: a misspelt key should be an error on saving.
func ParseConfiguration[T any](text string) (T, []Problem) {
	var configuration T
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.DisallowUnknownFields()
	err := decoder.Decode(&configuration)
	if err == nil {
		if _, trailing := decoder.Token(); trailing != io.EOF {
			err = errors.New("there is more after the end of the configuration")
		}
	}
	if err != nil {
		return configuration, []Problem{{pointerOf(err), strings.TrimPrefix(err.Error(), "json: ")}}
	}
	return configuration, nil
}

// pointerOf is the place of a value of a wrong type; encoding/json knows no other places.
func pointerOf(err error) string {
	var wrongType *json.UnmarshalTypeError
	if errors.As(err, &wrongType) && wrongType.Field != "" {
		return Pointer(strings.Split(wrongType.Field, ".")...)
	}
	return ""
}

// Pointer is the RFC 6901 JSON Pointer of a path of keys; no keys point at the whole document.
func Pointer(keys ...string) string {
	escape := strings.NewReplacer("~", "~0", "/", "~1")
	var text strings.Builder
	for _, key := range keys {
		text.WriteByte('/')
		text.WriteString(escape.Replace(key))
	}
	return text.String()
}

// Refuse is the error for an issuance that must not happen. The reason is shown to operators, not to users.
func Refuse(reason string) error { return refusal(reason) }

// BadConfiguration is the error for a stored configuration that this version of the provider no longer accepts.
func BadConfiguration(problems []Problem) error { return badConfiguration(problems) }

type refusal string

func (reason refusal) Error() string { return string(reason) }

type badConfiguration []Problem

func (problems badConfiguration) Error() string {
	texts := make([]string, len(problems))
	for i, problem := range problems {
		texts[i] = problem.Pointer + ": " + problem.Message
	}
	return strings.Join(texts, "; ")
}
