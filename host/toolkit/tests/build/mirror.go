// A provider that answers with what it was given, and with one claim of each kind.
package main

import (
	"errors"

	"provider/argus"
)

type mirror struct{}

var everything = argus.FactProfile | argus.FactEmail | argus.FactPhone | argus.FactCustomer | argus.FactGroups | argus.FactRoles |
	argus.FactFunctions | argus.FactAttributes | argus.FactNetwork

func (mirror) Describe() argus.Metadata {
	return argus.Metadata{Name: "mirror", Version: "1", Description: "Mirrors.", ConfigurationSchema: `{"type":"object"}`, Needs: everything}
}

func (mirror) ValidateConfiguration(configuration string) (argus.Plan, []argus.Problem) {
	names := []string{"mirror", "text", "integer", "boolean", "list", "groups"}
	switch configuration {
	case `{"narrow":true}`:
		return argus.Plan{ClaimNames: names, Groups: []string{}, Functions: []string{"read"}, Attributes: []string{"badge"}}, nil
	case `{"bad":true}`:
		return argus.Plan{}, []argus.Problem{{Pointer: argus.Pointer("a/b", "c~d"), Message: "first"}, {Message: "second"}}
	}
	return argus.Plan{ClaimNames: names}, nil
}

func (mirror) Claims(configuration string, issuance argus.Issuance) ([]argus.Claim, error) {
	switch configuration {
	case `{"refuse":true}`:
		return nil, argus.Refuse("no entry")
	case `{"fail":true}`:
		return nil, errors.New("no idea")
	case `{"stale":true}`:
		return nil, argus.BadConfiguration([]argus.Problem{{Pointer: "/stale", Message: "was allowed once"}})
	case `{"panic":true}`:
		panic("on purpose")
	case `{"count":true}`:
		bytes := 0
		for _, group := range issuance.User.Groups {
			bytes += len(group.ShortName) + len(group.Name)
		}
		argus.Info("counted")
		return []argus.Claim{argus.Integer("groups", int64(len(issuance.User.Groups))), argus.Integer("integer", int64(bytes))}, nil
	}
	whole, err := argus.JSON("mirror", issuance)
	return []argus.Claim{
		whole,
		argus.Text("text", "gold"),
		argus.Integer("integer", -9007199254740993),
		argus.Boolean("boolean", true),
		argus.TextList("list", []string{"a", "", "é"}),
	}, err
}

func init() { argus.Export(mirror{}) }

func main() {}
