package main

import (
	"context"
	"crypto/rsa"
	"crypto/x509"
	"errors"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/url"
	"sync"

	"github.com/zitadel/saml/pkg/provider"
	"github.com/zitadel/saml/pkg/provider/key"
	"github.com/zitadel/saml/pkg/provider/models"
	"github.com/zitadel/saml/pkg/provider/serviceprovider"
	"github.com/zitadel/saml/pkg/provider/xml/samlp"
)

const basic = "urn:oasis:names:tc:SAML:2.0:attrname-format:basic"

// The library of the Zitadel server, over a storage of our own.
type zitadel struct {
	http.Handler
	key *key.CertificateAndKey

	mutex    sync.Mutex
	requests map[string]*authRequest
	services map[string]*serviceprovider.ServiceProvider
	users    map[string]user
}

func newZitadel(base string, private *rsa.PrivateKey, certificate *x509.Certificate) identityProvider {
	z := &zitadel{
		key:      &key.CertificateAndKey{Certificate: certificate.Raw, Key: private},
		requests: map[string]*authRequest{},
		services: map[string]*serviceprovider.ServiceProvider{},
		users:    map[string]user{},
	}
	p, err := provider.NewProvider(z, provider.StaticIssuer(base+"/saml/v2"), &provider.Config{
		MetadataConfig: &provider.MetadataConfig{SignatureAlgorithm: rsaSHA256},
		IDPConfig: &provider.IdentityProviderConfig{
			SignatureAlgorithm: rsaSHA256,
			DigestAlgorithm:    "http://www.w3.org/2001/04/xmlenc#sha256",
			// Plain http, as in every test.
			Insecure: true,
		},
	}, provider.WithAllowInsecure())
	must(err)
	mux := http.NewServeMux()
	mux.HandleFunc("GET /ui/login", z.loginPage)
	mux.HandleFunc("POST /ui/login", z.login)
	mux.Handle("/saml/v2/", http.StripPrefix("/saml/v2", p.HttpHandler()))
	z.Handler = mux
	return z
}

func (z *zitadel) loginPage(w http.ResponseWriter, r *http.Request) {
	action := "/ui/login?id=" + url.QueryEscape(r.FormValue("id"))
	page := fmt.Sprintf(`<form method="post" action="%s"><input name="username"><input name="password"></form>`, html.EscapeString(action))
	_, _ = io.WriteString(w, page)
}

func (z *zitadel) login(w http.ResponseWriter, r *http.Request) {
	id, name := r.FormValue("id"), r.FormValue("username")
	z.mutex.Lock()
	defer z.mutex.Unlock()
	request, asked := z.requests[id]
	if _, known := z.users[name]; !known || !asked || r.FormValue("password") != name+"-pw" {
		http.Error(w, "wrong", http.StatusUnauthorized)
		return
	}
	request.user = name
	http.Redirect(w, r, "/saml/v2/login?id="+url.QueryEscape(id), http.StatusSeeOther)
}

func (z *zitadel) addServiceProvider(metadata []byte) error {
	sp, err := serviceprovider.NewServiceProvider("application", &serviceprovider.Config{Metadata: metadata}, func(id string) string {
		return "/ui/login?id=" + url.QueryEscape(id)
	})
	if err != nil {
		return err
	}
	z.mutex.Lock()
	defer z.mutex.Unlock()
	z.services[string(sp.Metadata.EntityID)] = sp
	return nil
}

func (z *zitadel) useKey(private *rsa.PrivateKey, certificate *x509.Certificate) {
	z.mutex.Lock()
	defer z.mutex.Unlock()
	z.key = &key.CertificateAndKey{Certificate: certificate.Raw, Key: private}
}

func (z *zitadel) currentKey() (*key.CertificateAndKey, error) {
	z.mutex.Lock()
	defer z.mutex.Unlock()
	return z.key, nil
}

func (z *zitadel) putUser(name string, u user) error {
	z.mutex.Lock()
	defer z.mutex.Unlock()
	z.users[name] = u
	return nil
}

// An authentication request, as the library wants it kept.
type authRequest struct {
	id, app, relay, acs, binding, requestID, issuer, destination, user string
}

func (a *authRequest) GetID() string                       { return a.id }
func (a *authRequest) GetApplicationID() string            { return a.app }
func (a *authRequest) GetRelayState() string               { return a.relay }
func (a *authRequest) GetAccessConsumerServiceURL() string { return a.acs }
func (a *authRequest) GetBindingType() string              { return a.binding }
func (a *authRequest) GetAuthRequestID() string            { return a.requestID }
func (a *authRequest) GetIssuer() string                   { return a.issuer }
func (a *authRequest) GetDestination() string              { return a.destination }
func (a *authRequest) GetUserID() string                   { return a.user }
func (a *authRequest) Done() bool                          { return a.user != "" }

func (z *zitadel) Health(context.Context) error { return nil }

func (z *zitadel) GetCA(context.Context) (*key.CertificateAndKey, error) { return z.currentKey() }

func (z *zitadel) GetMetadataSigningKey(context.Context) (*key.CertificateAndKey, error) {
	return z.currentKey()
}

func (z *zitadel) GetResponseSigningKey(context.Context) (*key.CertificateAndKey, error) {
	return z.currentKey()
}

func (z *zitadel) GetEntityByID(_ context.Context, entityID string) (*serviceprovider.ServiceProvider, error) {
	z.mutex.Lock()
	defer z.mutex.Unlock()
	if sp, ok := z.services[entityID]; ok {
		return sp, nil
	}
	return nil, errors.New("unknown service provider")
}

func (z *zitadel) GetEntityIDByAppID(_ context.Context, id string) (string, error) {
	z.mutex.Lock()
	defer z.mutex.Unlock()
	for entityID, sp := range z.services {
		if sp.ID == id {
			return entityID, nil
		}
	}
	return "", errors.New("unknown application")
}

func (z *zitadel) CreateAuthRequest(
	_ context.Context, r *samlp.AuthnRequestType, acs, binding, relay, app string,
) (models.AuthRequestInt, error) {
	z.mutex.Lock()
	defer z.mutex.Unlock()
	request := &authRequest{
		id: provider.NewID(), app: app, relay: relay, acs: acs, binding: binding,
		requestID: r.Id, issuer: r.Issuer.Text, destination: r.Destination,
	}
	z.requests[request.id] = request
	return request, nil
}

func (z *zitadel) AuthRequestByID(_ context.Context, id string) (models.AuthRequestInt, error) {
	z.mutex.Lock()
	defer z.mutex.Unlock()
	if request, ok := z.requests[id]; ok {
		return request, nil
	}
	return nil, errors.New("no such request")
}

func (z *zitadel) SetUserinfoWithUserID(_ context.Context, _ string, to models.AttributeSetter, name string, _ []int) error {
	z.mutex.Lock()
	u, ok := z.users[name]
	z.mutex.Unlock()
	if !ok {
		return errors.New("unknown user")
	}
	to.SetUserID(name)
	to.SetUsername(name)
	to.SetEmail(u.Email)
	to.SetFullName(u.Name)
	to.SetCustomAttribute("groups", "groups", basic, u.Groups)
	return nil
}

func (z *zitadel) SetUserinfoWithLoginName(ctx context.Context, to models.AttributeSetter, name string, attributes []int) error {
	return z.SetUserinfoWithUserID(ctx, "", to, name, attributes)
}
