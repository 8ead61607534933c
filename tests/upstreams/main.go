// Identity providers for the tests of federation, each on a library that organisations really run: the one of the Zitadel server, and
// crewjam's. Users, keys and service providers live in memory.
//
//	upstreams -kind zitadel|crewjam -listen 127.0.0.1:PORT [-sha1]
//
// PUT /test/service-provider takes the metadata of a service provider, PUT /test/users/NAME a user. The password of a user is the name
// and "-pw". PUT /test/key changes the key.
package main

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"flag"
	"io"
	"log"
	"math/big"
	"net/http"
	"time"
)

// A user, as the tests send it.
type user struct {
	Email  string   `json:"email"`
	Name   string   `json:"name"`
	Groups []string `json:"groups"`
}

// What a library is wrapped into.
type identityProvider interface {
	http.Handler
	addServiceProvider(metadata []byte) error
	putUser(name string, u user) error
	useKey(key *rsa.PrivateKey, certificate *x509.Certificate)
}

func main() {
	kind := flag.String("kind", "", "zitadel or crewjam")
	listen := flag.String("listen", "", "address")
	sha1 := flag.Bool("sha1", false, "crewjam: sign with RSA-SHA1, as the library does unless it is told otherwise")
	flag.Parse()

	key, certificate := newKey()
	base := "http://" + *listen
	var idp identityProvider
	switch *kind {
	case "zitadel":
		idp = newZitadel(base, key, certificate)
	case "crewjam":
		idp = newCrewjam(base, key, certificate, *sha1)
	default:
		log.Fatal("-kind: zitadel or crewjam")
	}

	mux := http.NewServeMux()
	mux.HandleFunc("PUT /test/service-provider", func(w http.ResponseWriter, r *http.Request) {
		metadata, err := io.ReadAll(r.Body)
		if err == nil {
			err = idp.addServiceProvider(metadata)
		}
		answer(w, err)
	})
	mux.HandleFunc("PUT /test/users/{name}", func(w http.ResponseWriter, r *http.Request) {
		var u user
		err := json.NewDecoder(r.Body).Decode(&u)
		if err == nil {
			err = idp.putUser(r.PathValue("name"), u)
		}
		answer(w, err)
	})
	mux.HandleFunc("PUT /test/key", func(w http.ResponseWriter, r *http.Request) {
		idp.useKey(newKey())
		answer(w, nil)
	})
	mux.Handle("/", idp)
	must(http.ListenAndServe(*listen, mux))
}

func answer(w http.ResponseWriter, err error) {
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func newKey() (*rsa.PrivateKey, *x509.Certificate) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	must(err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1),
		Subject:      pkix.Name{CommonName: "upstream"},
		NotBefore:    time.Now().Add(-time.Hour),
		NotAfter:     time.Now().Add(24 * time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	must(err)
	certificate, err := x509.ParseCertificate(der)
	must(err)
	return key, certificate
}

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
