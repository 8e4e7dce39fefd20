package main

import (
	"bytes"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

const passwordFile = "/etc/rancher/node/password"

func fetch(client *http.Client, url string) ([]byte, error) {
	response, err := client.Get(url)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	if response.StatusCode != 200 {
		return nil, fmt.Errorf("%s: %s", url, response.Status)
	}
	return io.ReadAll(response.Body)
}

// Whether the server has the authority that the token names; one without a name believes anything.
func checkAuthority(url, hash string) error {
	certs, err := fetch(peers, url+"/cacerts")
	if err != nil {
		return fmt.Errorf("failed to get CA certs: %w", err)
	}
	if found := hashOf(certs); hash != "" && found != hash {
		return fmt.Errorf("token CA hash does not match the Cluster CA certificate hash: %s != %s", hash, found)
	}
	return nil
}

// A client that trusts the cluster's authority and nothing else.
func clusterClient(url string) (*http.Client, error) {
	certs, err := fetch(peers, url+"/cacerts")
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(certs)
	return &http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{
		DisableKeepAlives: true, TLSClientConfig: &tls.Config{RootCAs: pool}}}, nil
}

func nodePassword() string {
	if text, err := os.ReadFile(passwordFile); err == nil {
		return strings.TrimSpace(string(text))
	}
	bytes := make([]byte, 16)
	if _, err := rand.Read(bytes); err != nil {
		fatal("%v", err)
	}
	password := hex.EncodeToString(bytes)
	writeFile(passwordFile, []byte(password+"\n"), 0o600)
	return password
}

// The node as its kubelet registers it.
func nodeObject(found settings, isServer bool) object {
	name := found.nodeName()
	labels := object{"kubernetes.io/hostname": name, "kubernetes.io/os": "linux"}
	if isServer {
		labels["node-role.kubernetes.io/control-plane"] = "true"
		if found.isEtcd() {
			labels["node-role.kubernetes.io/etcd"] = "true"
		}
	}
	for _, label := range found["node-label"] {
		sides := strings.SplitN(label, "=", 2)
		labels[sides[0]] = strings.Join(sides[1:], "")
	}
	taints := []any{}
	for _, taint := range found["node-taint"] {
		colon := strings.LastIndex(taint, ":")
		sides := strings.SplitN(taint[:colon], "=", 2)
		taints = append(taints, object{"key": sides[0], "value": strings.Join(sides[1:], ""), "effect": taint[colon+1:]})
	}
	return object{
		"kind": "Node", "apiVersion": "v1",
		"metadata": object{"name": name, "labels": labels},
		"spec":     object{"taints": taints},
		"status": object{
			"nodeInfo":  object{"kubeletVersion": version()},
			"addresses": []any{object{"type": "InternalIP", "address": found.text("node-ip", "")}},
		},
	}
}

type membership struct {
	found          settings
	url            string
	hash           string
	user, password string
	isServer       bool
}

func (m membership) call(path string, body any) error {
	if err := checkAuthority(m.url, m.hash); err != nil {
		return err
	}
	client, err := clusterClient(m.url)
	if err != nil {
		return err
	}
	text, _ := json.Marshal(body)
	request, err := http.NewRequest(http.MethodPost, m.url+path, bytes.NewReader(text))
	if err != nil {
		return err
	}
	request.SetBasicAuth(m.user, m.password)
	request.Header.Set("K3s-Node-Name", m.found.nodeName())
	request.Header.Set("K3s-Node-Password", nodePassword())
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	switch response.StatusCode {
	case 200:
		return nil
	case 403:
		return fmt.Errorf("Node password rejected, duplicate hostname or contents of '%s' may not match server node-passwd entry, try enabling a unique node name with the --with-node-id flag", passwordFile)
	}
	return fmt.Errorf("%s%s: %s", m.url, path, response.Status)
}

// Joins and stays a node; the server is one beside itself.
func runAgent(found settings, own *server) {
	m := membership{found: found, url: strings.TrimSuffix(found.text("server", ""), "/")}
	if own != nil {
		m.url, m.user, m.password, m.isServer = "https://127.0.0.1:"+own.port, "server", own.password, true
	} else {
		token := found.text("token", "")
		if file := found.text("token-file", ""); file != "" {
			token = readToken(file)
		}
		if m.url == "" || token == "" {
			fatal("--server and --token are required")
		}
		m.hash, m.user, m.password = parseToken(token)
		if m.user == "" {
			m.user = "node"
		}
	}
	for {
		err := m.call("/v1-k3s/serving-kubelet.crt", nodeObject(found, m.isServer))
		if err == nil {
			break
		}
		logError("Failed to validate connection to cluster at %s: %v", m.url, err)
		time.Sleep(time.Second)
	}
	if err := os.MkdirAll(filepath.Join(found.dataDir(), "agent"), 0o700); err != nil {
		fatal("%v", err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:10248")
	if err != nil {
		fatal("kubelet exited: %v", err)
	}
	go http.Serve(listener, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "ok") }))
	notifyReady()
	logInfo("Node %s is up", found.nodeName())
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM, syscall.SIGINT)
	for {
		if err := m.call("/v1-k3s/heartbeat", nil); err != nil {
			logError("Unable to update node status: %v", err)
		}
		select {
		case <-stop:
			os.Exit(0)
		case <-time.After(time.Second):
		}
	}
}

func notifyReady() {
	socket := os.Getenv("NOTIFY_SOCKET")
	if socket == "" {
		return
	}
	connection, err := net.Dial("unixgram", socket)
	if err != nil {
		fatal("%v", err)
	}
	defer connection.Close()
	if _, err := connection.Write([]byte("READY=1")); err != nil {
		fatal("%v", err)
	}
}
