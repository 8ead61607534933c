module argus.example/upstreams

go 1.24.0

require (
	github.com/crewjam/saml v0.5.1
	github.com/zitadel/saml v0.4.1
	golang.org/x/crypto v0.43.0
)

require (
	github.com/amdonov/xmlsig v0.1.0 // indirect
	github.com/beevik/etree v1.5.0 // indirect
	github.com/felixge/httpsnoop v1.0.3 // indirect
	github.com/google/uuid v1.6.0 // indirect
	github.com/gorilla/handlers v1.5.2 // indirect
	github.com/gorilla/mux v1.8.1 // indirect
	github.com/jonboulle/clockwork v0.2.2 // indirect
	github.com/mattermost/xml-roundtrip-validator v0.1.0 // indirect
	github.com/muhlemmer/httpforwarded v0.1.0 // indirect
	github.com/russellhaering/goxmldsig v1.4.0 // indirect
	github.com/sirupsen/logrus v1.8.1 // indirect
	github.com/zitadel/logging v0.5.0 // indirect
	golang.org/x/exp v0.0.0-20230817173708-d852ddb80c63 // indirect
	golang.org/x/sys v0.37.0 // indirect
)
