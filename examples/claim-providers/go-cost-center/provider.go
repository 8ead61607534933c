// The claim provider go-cost-center: one claim with the cost centre of the user, by customer and group.
package main

import (
	_ "embed"
	"fmt"
	"strconv"

	"provider/argus"
)

//go:embed schema.json
var schema string

type provider struct{}

// configuration is what an administrator writes for a client; schema.json describes it.
type configuration struct {
	Claim   string  `json:"claim"`
	Rules   []rule  `json:"rules"`
	Default *string `json:"default"`
}

// rule gives a cost centre to whoever is of the customer and in the group; what is empty is not asked for.
type rule struct {
	Customer   string `json:"customer"`
	Group      string `json:"group"`
	CostCenter string `json:"costCenter"`
}

func (provider) Describe() argus.Metadata {
	return argus.Metadata{
		Name:                "go-cost-center",
		Version:             "0.1.0",
		Description:         "Sets one claim to the cost centre of the user: the first rule that matches the user's customer and groups decides.",
		ConfigurationSchema: schema,
		Needs:               argus.FactCustomer | argus.FactGroups,
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
	// Not nil: a table without groups reads none of them, and nil would mean all.
	groups := []string{}
	for i, rule := range configuration.Rules {
		if j := coveredBy(configuration.Rules[:i], rule); j >= 0 {
			problems = append(problems, argus.Problem{
				Pointer: argus.Pointer("rules", strconv.Itoa(i)),
				Message: fmt.Sprintf("never decides, since rule %d before it matches the same users", j),
			})
		}
		if rule.Group != "" {
			groups = append(groups, rule.Group)
		}
	}
	return argus.Plan{ClaimNames: []string{configuration.Claim}, Groups: groups}, problems
}

func (provider) Claims(text string, issuance argus.Issuance) ([]argus.Claim, error) {
	configuration, problems := argus.ParseConfiguration[configuration](text)
	if problems != nil {
		return nil, argus.BadConfiguration(problems)
	}
	for _, rule := range configuration.Rules {
		if rule.matches(&issuance.User) {
			return []argus.Claim{argus.Text(configuration.Claim, rule.CostCenter)}, nil
		}
	}
	if configuration.Default != nil {
		return []argus.Claim{argus.Text(configuration.Claim, *configuration.Default)}, nil
	}
	return nil, nil
}

func (rule rule) matches(user *argus.User) bool {
	if rule.Customer != "" && (user.Customer == nil || user.Customer.ShortName != rule.Customer) {
		return false
	}
	if rule.Group == "" {
		return true
	}
	for _, group := range user.Groups {
		if group.ShortName == rule.Group {
			return true
		}
	}
	return false
}

// coveredBy is the index of an earlier rule that matches whomever this one does; -1 when there is none.
func coveredBy(earlier []rule, later rule) int {
	for i, rule := range earlier {
		customer := rule.Customer == "" || rule.Customer == later.Customer
		group := rule.Group == "" || rule.Group == later.Group
		if customer && group {
			return i
		}
	}
	return -1
}

func init() { argus.Export(provider{}) }

// Never called: a component begins with its exports.
func main() {}
