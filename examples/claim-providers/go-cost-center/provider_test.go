package main

import (
	"reflect"
	"testing"

	"provider/argus"
)

const table = `{"claim":"cost_center","rules":[
	{"customer":"acme","group":"sales","costCenter":"4100"},
	{"customer":"acme","costCenter":"4000"},
	{"group":"contractors","costCenter":"7000"}],"default":"9999"}`

func costCenter(t *testing.T, customer string, groups ...string) any {
	t.Helper()
	user := argus.User{Customer: &argus.Named{ShortName: customer}}
	for _, group := range groups {
		user.Groups = append(user.Groups, argus.Named{ShortName: group})
	}
	claims, err := provider{}.Claims(table, argus.Issuance{User: user})
	if err != nil || len(claims) != 1 {
		t.Fatalf("got %v and %v, want one claim", claims, err)
	}
	return claims[0].Value()
}

func TestTheFirstRuleThatMatchesDecides(t *testing.T) {
	for _, test := range []struct {
		customer string
		groups   []string
		want     string
	}{
		{"acme", []string{"contractors", "sales"}, "4100"},
		{"acme", []string{"contractors"}, "4000"},
		{"other", []string{"contractors", "sales"}, "7000"},
		{"other", nil, "9999"},
	} {
		if got := costCenter(t, test.customer, test.groups...); got != test.want {
			t.Errorf("%v: got %v", test, got)
		}
	}
}

func TestThePlanReadsTheGroupsOfTheTable(t *testing.T) {
	plan, problems := provider{}.ValidateConfiguration(table)
	if problems != nil || !reflect.DeepEqual(plan.Groups, []string{"sales", "contractors"}) {
		t.Errorf("got %v and %v", plan, problems)
	}
	plan, _ = provider{}.ValidateConfiguration(`{"claim":"cost_center","rules":[{"customer":"acme","costCenter":"4000"}]}`)
	if plan.Groups == nil || len(plan.Groups) != 0 {
		t.Errorf("got %v, want a list of no group", plan.Groups)
	}
}

func TestARuleThatNeverDecidesIsRefused(t *testing.T) {
	_, problems := provider{}.ValidateConfiguration(`{"claim":"cost_center","rules":[
		{"customer":"acme","costCenter":"4000"},
		{"customer":"acme","group":"sales","costCenter":"4100"}]}`)
	if len(problems) != 1 || problems[0].Pointer != "/rules/1" {
		t.Errorf("got %v, want one problem at /rules/1", problems)
	}
}
