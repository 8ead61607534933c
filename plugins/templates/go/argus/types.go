// Package argus is the contract argus:claims@0.1.0 in Go: what a claim provider is asked and what it answers.
//
// The types follow the contract's WIT text one by one. An optional value is a pointer, nil when there is none.
package argus

// Provider is a claim provider: a pure function of its configuration and of the issuance. It has no clock but Request.IssuedAt, no
// network, no files, and nothing outlives a call, since every issuance has a fresh instance.
type Provider interface {
	// Describe says what the provider is; always the same answer.
	Describe() Metadata
	// ValidateConfiguration says what a configuration will do, or everything that is wrong with it. It is asked when an administrator
	// saves the configuration, with no user at hand; the host has checked the schema before.
	ValidateConfiguration(configuration string) (Plan, []Problem)
	// Claims returns the claims of one issuance: only names of the plan, never a claim of the protocol. No claim is no error. An error
	// fails the attachment: make it with Refuse when the issuance must not happen; any other error blames the provider.
	Claims(configuration string, issuance Issuance) ([]Claim, error)
}

// Metadata is what a provider says of itself.
type Metadata struct {
	// Name is the author's name for it.
	Name string
	// Version is the author's version, shown only.
	Version string
	// Description is one paragraph for administrators.
	Description string
	// ConfigurationSchema is JSON Schema 2020-12 text.
	ConfigurationSchema string
	// Needs are the facts Claims reads; the host sends no others.
	Needs Facts
}

// Facts is a set of facts about the user.
type Facts uint16

// The facts a provider may ask for.
const (
	// FactProfile: User.Username, User.Name.
	FactProfile Facts = 1 << iota
	// FactEmail: User.Email, User.EmailVerified.
	FactEmail
	// FactPhone: User.Phone, User.PhoneVerified.
	FactPhone
	// FactCustomer: User.Customer, User.Domain.
	FactCustomer
	// FactGroups: User.Groups.
	FactGroups
	// FactRoles: User.Roles.
	FactRoles
	// FactFunctions: User.Functions.
	FactFunctions
	// FactAttributes: User.Attributes.
	FactAttributes
	// FactNetwork: Session.ClientIP.
	FactNetwork
)

// Plan is what one configuration will do. The host holds the provider to it.
type Plan struct {
	// ClaimNames are all the claims that Claims may return.
	ClaimNames []string
	// Groups narrows User.Groups, by short name. Nil means all of them, an empty list none. So do the next two.
	Groups []string
	// Functions narrows User.Functions, by name.
	Functions []string
	// Attributes narrows User.Attributes, by name.
	Attributes []string
}

// Problem is something wrong with a configuration.
type Problem struct {
	// Pointer is an RFC 6901 JSON Pointer into the configuration; empty for the whole of it. Pointer makes one of keys.
	Pointer string
	// Message is one sentence for the administrator.
	Message string
}

// Issuance is everything a provider knows.
type Issuance struct {
	User    User
	Client  Client
	Request Request
	Session Session
}

// User is whom the token is about. What was not asked for in Metadata.Needs is nil or empty.
type User struct {
	// ID is the number in the directory: stable, never reused.
	ID uint64
	// Subject is the `sub` this client sees.
	Subject string
	// Username is what the user types to sign in.
	Username *string
	// Name is the display name.
	Name *string
	// Email is the e-mail address.
	Email *string
	// EmailVerified is nil when there is no address.
	EmailVerified *bool
	// Customer is the organisation the user belongs to.
	Customer *Named
	// Domain is the domain of that customer.
	Domain *Named
	// Phone is the telephone number.
	Phone *string
	// PhoneVerified is nil when there is no number.
	PhoneVerified *bool
	// Groups are sorted by short name.
	Groups []Named
	// Roles are sorted.
	Roles []string
	// Functions are sorted.
	Functions []FunctionGrant
	// Attributes are sorted by name. Attribute finds one.
	Attributes []Attribute
}

// Attribute returns the values of an attribute, none when the user does not have it.
func (user *User) Attribute(name string) []string {
	for _, attribute := range user.Attributes {
		if attribute.Name == name {
			return attribute.Values
		}
	}
	return nil
}

// Named is a group, a customer or a domain.
type Named struct {
	// ID is the number in the directory: stable.
	ID uint64
	// ShortName is unique among its kind and never empty: what configurations refer to.
	ShortName string
	// Name is for people.
	Name string
}

// Attribute is an attribute of the user: from the directory, the API or a federated sign-in.
type Attribute struct {
	Name string
	// Values stand in the order of the directory; there may be none.
	Values []string
}

// FunctionGrant is a function (a named permission) granted to the user.
type FunctionGrant struct {
	Function string
	// Customer is the ID of the customer the grant is for; nil means every customer.
	Customer *uint64
}

// Client is the relying party the token is for.
type Client struct {
	// ID is the `client_id`.
	ID string
	// Name is the display name.
	Name string
	// Customer is the ID of the customer the client is defined for; nil means all.
	Customer *uint64
}

// Target says which answer the claims go to.
type Target uint8

// The targets.
const (
	// IDToken: OpenID Connect Core §2.
	IDToken Target = iota
	// AccessToken: RFC 9068.
	AccessToken
	// UserInfo: OpenID Connect Core §5.3.
	UserInfo
)

// Request is what is being issued.
type Request struct {
	// Issuer is the issuer's URL, as in `iss`.
	Issuer string
	// Target is where the claims go.
	Target Target
	// GrantType is the OAuth grant type, as registered.
	GrantType string
	// Scopes are those granted.
	Scopes []string
	// Audiences are those of the access token.
	Audiences []string
	// IssuedAt is the only clock a provider has: Unix seconds.
	IssuedAt uint64
}

// Session is the sign-in behind the issuance.
type Session struct {
	// AuthenticatedAt is in Unix seconds, as in `auth_time`.
	AuthenticatedAt uint64
	// Amr are RFC 8176 values.
	Amr []string
	// Acr is the authentication context class, when one was reached.
	Acr *string
	// FederatedBy is the alias of the upstream identity provider, when there was one.
	FederatedBy *string
	// ClientIP is the address seen at sign-in.
	ClientIP *string
}
