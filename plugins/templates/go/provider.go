// The claim provider {{name}}: one claim takes the first value of an attribute of the user.
package main

import (
	_ "embed"

	"provider/argus"
)

//go:embed schema.json
var schema string

type provider struct{}

// configuration is what an administrator writes for a client; schema.json describes it.
type configuration struct {
	Claim     string  `json:"claim"`
	Attribute string  `json:"attribute"`
	Default   *string `json:"default"`
}

func (provider) Describe() argus.Metadata {
	return argus.Metadata{
		Name:                "{{name}}",
		Version:             "0.1.0",
		Description:         "Sets one claim to the first value of an attribute of the user, or to a default.",
		ConfigurationSchema: schema,
		Needs:               argus.FactAttributes,
	}
}

func (provider) ValidateConfiguration(text string) (argus.Plan, []argus.Problem) {
	configuration, problems := argus.ParseConfiguration[configuration](text)
	if problems != nil {
		return argus.Plan{}, problems
	}
	if fault := argus.ClaimNameFault(configuration.Claim); fault != "" {
		problems = append(problems, argus.Problem{Pointer: "/claim", Message: fault})
	}
	if configuration.Default != nil && *configuration.Default == "" {
		problems = append(problems, argus.Problem{Pointer: "/default", Message: "must not be empty; leave it out for no claim"})
	}
	return argus.Plan{ClaimNames: []string{configuration.Claim}, Attributes: []string{configuration.Attribute}}, problems
}

func (provider) Claims(text string, issuance argus.Issuance) ([]argus.Claim, error) {
	configuration, problems := argus.ParseConfiguration[configuration](text)
	if problems != nil {
		return nil, argus.BadConfiguration(problems)
	}
	if values := issuance.User.Attribute(configuration.Attribute); len(values) > 0 {
		return []argus.Claim{argus.Text(configuration.Claim, values[0])}, nil
	}
	if configuration.Default != nil {
		return []argus.Claim{argus.Text(configuration.Claim, *configuration.Default)}, nil
	}
	return nil, nil
}

func init() { argus.Export(provider{}) }

// Never called: a component begins with its exports.
func main() {}
