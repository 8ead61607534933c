package main

import (
	"bytes"
	"crypto/rsa"
	"crypto/x509"
	"encoding/xml"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"

	"github.com/crewjam/saml"
	"github.com/crewjam/saml/logger"
	"github.com/crewjam/saml/samlidp"
	"golang.org/x/crypto/bcrypt"
)

const rsaSHA256 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"

// The identity provider that comes with crewjam's library.
type crewjam struct {
	*samlidp.Server
	services int
}

func newCrewjam(base string, key *rsa.PrivateKey, certificate *x509.Certificate, sha1 bool) identityProvider {
	at, err := url.Parse(base)
	must(err)
	server, err := samlidp.New(samlidp.Options{
		URL: *at, Key: key, Certificate: certificate, Logger: logger.DefaultLogger, Store: &samlidp.MemoryStore{},
	})
	must(err)
	if !sha1 {
		server.IDP.SignatureMethod = rsaSHA256
	}
	return &crewjam{Server: server}
}

func (c *crewjam) addServiceProvider(metadata []byte) error {
	if err := xml.Unmarshal(metadata, &saml.EntityDescriptor{}); err != nil {
		return err
	}
	c.services++
	request := httptest.NewRequest(http.MethodPut, fmt.Sprintf("/services/%d", c.services), bytes.NewReader(metadata))
	response := httptest.NewRecorder()
	c.Server.ServeHTTP(response, request)
	if response.Code >= 300 {
		return fmt.Errorf("%d %s", response.Code, response.Body)
	}
	return nil
}

func (c *crewjam) useKey(key *rsa.PrivateKey, certificate *x509.Certificate) {
	c.IDP.Key, c.IDP.Certificate = key, certificate
}

func (c *crewjam) putUser(name string, u user) error {
	hash, err := bcrypt.GenerateFromPassword([]byte(name+"-pw"), bcrypt.MinCost)
	if err != nil {
		return err
	}
	return c.Store.Put("/users/"+name, samlidp.User{
		Name: name, HashedPassword: hash, Groups: u.Groups, Email: u.Email, CommonName: u.Name,
	})
}
