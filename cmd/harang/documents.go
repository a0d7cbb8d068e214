package main

import (
	"net/http"

	"harang.dev/harang"
	"harang.dev/harang/internal/config"
	"harang.dev/harang/internal/httpapi"
)

// myposWebhook is the route of myPOS notices.
const myposWebhook = "POST /api/v1/payments/mypos/{tenant}"

type openAPICommand struct {
	config.UnusedDatabaseFlags
}

// Run prints the document as a server of this program serves it.
func (openAPICommand) Run(s *streams) error {
	document, _, err := documents()
	return printDocument(s, document, err)
}

type asyncAPICommand struct {
	config.UnusedDatabaseFlags
}

// Run prints the document as a server of this program serves it.
func (asyncAPICommand) Run(s *streams) error {
	_, document, err := documents()
	return printDocument(s, document, err)
}

func documents() (openAPI, asyncAPI []byte, err error) {
	return httpapi.Documents(httpapi.Options{
		Version: harang.Version, SocketMessages: socketMessages(),
		Webhooks: map[string]http.Handler{myposWebhook: http.NotFoundHandler()},
	})
}

func printDocument(s *streams, document []byte, err error) error {
	if err == nil {
		_, err = s.out.Write(document)
	}
	return err
}
