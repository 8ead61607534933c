//go:build !wasip1

package argus

import "fmt"

// write is what the trace is outside a component, in `go test`: the standard output.
func write(level level, line string) {
	fmt.Println([]string{"debug", "info", "warn"}[level]+":", line)
}
