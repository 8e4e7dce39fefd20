// A real Vault core behind its own HTTP API, for tests of the bootstrap: engines and methods that it uses and no others.
// It keeps everything in memory but the audit log, which goes below the folder that it is given, listens on a port of
// the loopback, prints its address and ends with its standard input.
package main

import (
	"fmt"
	"io"
	"log"
	"net"
	nethttp "net/http"
	"os"
	"path/filepath"

	hclog "github.com/hashicorp/go-hclog"
	kubernetes "github.com/hashicorp/vault-plugin-auth-kubernetes"
	kv "github.com/hashicorp/vault-plugin-secrets-kv"
	"github.com/hashicorp/vault/audit"
	"github.com/hashicorp/vault/builtin/logical/database"
	"github.com/hashicorp/vault/builtin/logical/pki"
	"github.com/hashicorp/vault/http"
	"github.com/hashicorp/vault/plugins/database/postgresql"
	"github.com/hashicorp/vault/sdk/helper/consts"
	"github.com/hashicorp/vault/sdk/logical"
	"github.com/hashicorp/vault/sdk/physical/inmem"
	"github.com/hashicorp/vault/vault"
)

type plugins struct{}

func (plugins) Contains(name string, kind consts.PluginType) bool {
	_, ok := plugins{}.Get(name, kind)
	return ok
}

func (plugins) Get(name string, kind consts.PluginType) (func() (any, error), bool) {
	if kind == consts.PluginTypeDatabase && name == "postgresql-database-plugin" {
		return postgresql.New, true
	}
	return nil, false
}

func (plugins) Keys(kind consts.PluginType) []string {
	if kind == consts.PluginTypeDatabase {
		return []string{"postgresql-database-plugin"}
	}
	return nil
}

func (plugins) DeprecationStatus(string, consts.PluginType) (consts.DeprecationStatus, bool) {
	return consts.Supported, true
}

func (plugins) IsBuiltinEntPlugin(string, consts.PluginType) bool { return false }

// auditBelow makes the file device write below a folder: the path that it is given is one of a pod.
func auditBelow(folder string) audit.Factory {
	return func(config *audit.BackendConfig, headers audit.HeaderFormatter) (audit.Backend, error) {
		moved := map[string]string{}
		for key, value := range config.Config {
			moved[key] = value
		}
		moved["file_path"] = filepath.Join(folder, moved["file_path"])
		config.Config = moved
		return audit.NewFileBackend(config, headers)
	}
}

func main() {
	logger := hclog.New(&hclog.LoggerOptions{Output: os.Stderr, Level: hclog.Warn})
	storage, err := inmem.NewInmemHA(nil, logger)
	if err != nil {
		log.Fatal(err)
	}
	core, err := vault.NewCore(&vault.CoreConfig{
		Physical:     storage,
		Logger:       logger,
		DisableMlock: true,
		LogicalBackends: map[string]logical.Factory{
			"database": database.Factory,
			"kv":       kv.Factory,
			"pki":      pki.Factory,
		},
		CredentialBackends: map[string]logical.Factory{"kubernetes": kubernetes.Factory},
		AuditBackends:      map[string]audit.Factory{"file": auditBelow(os.Args[1])},
		BuiltinRegistry:    plugins{},
	})
	if err != nil {
		log.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("http://%s\n", listener.Addr())
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}()
	log.Fatal(nethttp.Serve(listener, http.Handler.Handler(&vault.HandlerProperties{Core: core})))
}
