package argus

import "unicode"

// maxClaimNameBytes is the length of the longest name of a claim, in UTF-8.
const maxClaimNameBytes = 128

// reservedClaims are those of RFC 7519, OpenID Connect Core and the extensions Argus implements.
var reservedClaims = map[string]bool{
	"iss":            true,
	"sub":            true,
	"aud":            true,
	"exp":            true,
	"iat":            true,
	"nbf":            true,
	"jti":            true,
	"nonce":          true,
	"azp":            true,
	"at_hash":        true,
	"c_hash":         true,
	"s_hash":         true,
	"auth_time":      true,
	"acr":            true,
	"amr":            true,
	"sid":            true,
	"scope":          true,
	"client_id":      true,
	"cnf":            true,
	"act":            true,
	"may_act":        true,
	"events":         true,
	"toe":            true,
	"txn":            true,
	"typ":            true,
	"alg":            true,
	"kid":            true,
	"token_type":     true,
	"token_use":      true,
	"active":         true,
	"sub_jwk":        true,
	"_claim_names":   true,
	"_claim_sources": true,
	"gty":            true,
}

// IsReserved says whether the protocol keeps the name of a claim for itself. Argus has the last word.
func IsReserved(name string) bool { return reservedClaims[name] }

// ClaimNameFault says what is wrong with the name of a claim, in words for a problem; it is empty when a provider may set the claim.
func ClaimNameFault(name string) string {
	malformed := name == "" || len(name) > maxClaimNameBytes
	for _, c := range name {
		malformed = malformed || unicode.IsControl(c) || unicode.IsSpace(c)
	}
	switch {
	case malformed:
		return "must be 1 to 128 bytes without white space and control characters"
	case IsReserved(name):
		return "is a claim of the protocol, which no provider may set; choose another name"
	}
	return ""
}
