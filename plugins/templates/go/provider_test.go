package main

import (
	"reflect"
	"testing"

	"provider/argus"
)

func claimsOf(t *testing.T, configuration string, attributes ...argus.Attribute) []argus.Claim {
	t.Helper()
	claims, err := provider{}.Claims(configuration, argus.Issuance{User: argus.User{Attributes: attributes}})
	if err != nil {
		t.Fatal(err)
	}
	return claims
}

func TestTheFirstValueOfTheAttributeIsTheClaim(t *testing.T) {
	badge := argus.Attribute{Name: "badge", Values: []string{"gold", "silver"}}
	claims := claimsOf(t, `{"claim":"badge_level","attribute":"badge"}`, badge)
	if want := []argus.Claim{argus.Text("badge_level", "gold")}; !reflect.DeepEqual(claims, want) {
		t.Errorf("got %v, want %v", claims, want)
	}
}

func TestWithoutTheAttributeTheDefaultIsTheClaim(t *testing.T) {
	claims := claimsOf(t, `{"claim":"badge_level","attribute":"badge","default":"visitor"}`)
	if want := []argus.Claim{argus.Text("badge_level", "visitor")}; !reflect.DeepEqual(claims, want) {
		t.Errorf("got %v, want %v", claims, want)
	}
	if claims := claimsOf(t, `{"claim":"badge_level","attribute":"badge"}`); len(claims) != 0 {
		t.Errorf("got %v, want no claim", claims)
	}
}

func TestAnEmptyDefaultIsRefused(t *testing.T) {
	_, problems := provider{}.ValidateConfiguration(`{"claim":"badge_level","attribute":"badge","default":""}`)
	if len(problems) != 1 || problems[0].Pointer != "/default" {
		t.Errorf("got %v, want one problem at /default", problems)
	}
}

func TestClaimsOfTheProtocolAreRefused(t *testing.T) {
	_, problems := provider{}.ValidateConfiguration(`{"claim":"sub","attribute":"badge"}`)
	if len(problems) != 1 || problems[0].Pointer != "/claim" {
		t.Errorf("got %v, want one problem at /claim", problems)
	}
}
