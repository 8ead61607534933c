package argus

import "strings"

// exported is the provider behind the component's exports.
var exported Provider

// Export makes a provider the provider of this component. Call it once, in a function `init`: only what happens there is part of the
// component, `main` is never called.
func Export(provider Provider) {
	if exported != nil {
		panic("argus.Export was called twice: a component has one provider")
	}
	exported = provider
}

// withoutNothing: in the contract an empty list means all. No group, function or attribute has an empty name, so the empty name asks for
// none.
func withoutNothing(names []string) []string {
	if names != nil && len(names) == 0 {
		return []string{""}
	}
	return names
}

// level of a line in the trace of an invocation.
type level uint32

const (
	levelDebug level = iota
	levelInfo
	levelWarn
)

// Debug adds a line for the author to the trace of this invocation. The host keeps the first 64 lines and 16 KiB of an invocation.
func Debug(words ...string) { write(levelDebug, strings.Join(words, " ")) }

// Info adds a line for whoever follows an issuance.
func Info(words ...string) { write(levelInfo, strings.Join(words, " ")) }

// Warn adds a line for the operator.
func Warn(words ...string) { write(levelWarn, strings.Join(words, " ")) }
