package main

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"
)

type server struct {
	settings      settings
	store         *store
	name          string
	ca, clientCA  pair
	password      string
	agentPassword string
	port          string
	started       time.Time
}

var bootstrapForm = regexp.MustCompile(`^[a-z0-9]{6}\.[a-z0-9]{16}$`)

func readToken(path string) string {
	text, err := os.ReadFile(path)
	if err != nil {
		fatal("%v", err)
	}
	return strings.TrimSpace(string(text))
}

// The password of a token in any form, and the hash of the secure one.
func parseToken(token string) (hash, user, password string) {
	if bootstrapForm.MatchString(token) {
		fatal("failed to normalize server token; must be in format K10<CA-HASH>::<USERNAME>:<PASSWORD> or <PASSWORD>")
	}
	if !strings.HasPrefix(token, "K10") {
		return "", "", token
	}
	parts := strings.SplitN(strings.TrimPrefix(token, "K10"), "::", 2)
	creds := strings.SplitN(parts[len(parts)-1], ":", 2)
	if len(parts) != 2 || len(creds) != 2 {
		fatal("invalid token format")
	}
	return parts[0], creds[0], creds[1]
}

func (s settings) serverPassword() string {
	token := s.text("token", "")
	if file := s.text("token-file", ""); file != "" {
		token = readToken(file)
	}
	if token == "" {
		token = "generated"
	}
	_, _, password := parseToken(token)
	return password
}

func (s settings) isEtcd() bool {
	return s.is("cluster-init") || s.text("server", "") != "" ||
		fileExists(datastorePath(s.dataDir(), true))
}

func fileExists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func runServer(found settings) {
	s := &server{settings: found, name: found.nodeName(), started: time.Now(), port: found.text("https-listen-port", "6443")}
	s.password = found.serverPassword()
	s.agentPassword = s.password
	if file := found.text("agent-token-file", ""); file != "" {
		_, _, s.agentPassword = parseToken(readToken(file))
	}
	base := filepath.Join(found.dataDir(), "server")
	etcd := found.isEtcd()
	opened, existed := openStore(datastorePath(found.dataDir(), etcd))
	s.store = opened
	if !existed && etcd && fileExists(datastorePath(found.dataDir(), false)) {
		sqlite, _ := openStore(datastorePath(found.dataDir(), false))
		s.store.data = sqlite.data
		existed = true
	}
	url := found.text("server", "")
	joins := url != "" && !existed
	if joins {
		s.join(url)
		existed = true
	}
	if existed && s.store.data.TokenHash != hashOf([]byte(s.password)) {
		fatal("starting kubernetes: preparing server: bootstrap data already found and encrypted with different token")
	}
	s.store.data.TokenHash = hashOf([]byte(s.password))
	s.store.data.AgentTokenHash = hashOf([]byte(s.agentPassword))
	tlsDir := filepath.Join(base, "tls")
	s.ca, s.clientCA = authority(tlsDir, "server-ca"), authority(tlsDir, "client-ca")
	s.writeFiles(base)
	if etcd {
		s.store.data.Members[s.name] = "https://" + found.text("advertise-address", "127.0.0.1") + ":" + s.port
		s.store.replicate = s.replicate
		s.catchUp()
	}
	if err := s.store.save(); err != nil {
		fatal("%v", err)
	}
	s.listen()
	if joins {
		s.enrol(url)
	}
	// The server is a node too.
	runAgent(found, s)
}

func (s *server) writeFiles(base string) {
	tlsDir := filepath.Join(base, "tls")
	sans := append([]string{"127.0.0.1", "localhost", "kubernetes", s.name}, s.settings["tls-san"]...)
	admin, ok := readPair(filepath.Join(tlsDir, "client-admin"))
	if !ok {
		admin = makeCertificate("system:admin", []string{"system:masters"}, nil, &s.clientCA)
		admin.write(filepath.Join(tlsDir, "client-admin"))
	}
	serving := makeCertificate("k3s", nil, sans, &s.ca)
	serving.write(filepath.Join(tlsDir, "serving-kube-apiserver"))
	hash := hashOf(s.ca.cert)
	writeFile(filepath.Join(base, "token"), []byte("K10"+hash+"::server:"+s.password+"\n"), 0o600)
	writeFile(filepath.Join(base, "node-token"), []byte("K10"+hash+"::server:"+s.password+"\n"), 0o600)
	writeFile(filepath.Join(base, "agent-token"), []byte("K10"+hash+"::node:"+s.agentPassword+"\n"), 0o600)
	mode, err := strconv.ParseUint(s.settings.text("write-kubeconfig-mode", "0600"), 8, 32)
	if err != nil {
		fatal("invalid write-kubeconfig-mode: %v", err)
	}
	writeFile("/etc/rancher/k3s/k3s.yaml", kubeconfig(s.ca.cert, admin, s.port), os.FileMode(mode))
	if s.settings.is("secrets-encryption") {
		writeFile(filepath.Join(base, "cred", "encryption-config.json"), []byte("{\"kind\":\"EncryptionConfiguration\"}\n"), 0o600)
	}
}

func (s *server) listen() {
	tlsDir := filepath.Join(s.settings.dataDir(), "server", "tls")
	certificate, err := tls.LoadX509KeyPair(filepath.Join(tlsDir, "serving-kube-apiserver.crt"), filepath.Join(tlsDir, "serving-kube-apiserver.key"))
	if err != nil {
		fatal("%v", err)
	}
	clients := x509.NewCertPool()
	clients.AppendCertsFromPEM(s.clientCA.cert)
	listener, err := tls.Listen("tcp", net.JoinHostPort(s.settings.text("bind-address", ""), s.port), &tls.Config{
		Certificates: []tls.Certificate{certificate},
		ClientCAs:    clients,
		ClientAuth:   tls.VerifyClientCertIfGiven,
	})
	if err != nil {
		fatal("starting kubernetes: listen: %v", err)
	}
	go func() { fatal("%v", http.Serve(listener, http.HandlerFunc(s.serve))) }()
}

func (s *server) serve(w http.ResponseWriter, r *http.Request) {
	// A test sets the clock of this server's answers off.
	if text, err := os.ReadFile("/run/k3s-double-clock-offset"); err == nil {
		seconds, _ := strconv.Atoi(strings.TrimSpace(string(text)))
		w.Header().Set("Date", time.Now().Add(time.Duration(seconds)*time.Second).UTC().Format(http.TimeFormat))
	}
	user, password, _ := r.BasicAuth()
	isServer := user == "server" && hashOf([]byte(password)) == s.tokenHash()
	isNode := isServer || user == "node" && hashOf([]byte(password)) == s.agentTokenHash()
	switch {
	case r.URL.Path == "/ping":
		fmt.Fprint(w, "pong")
	case r.URL.Path == "/cacerts":
		w.Write(s.ca.cert)
	case r.URL.Path == "/livez" || r.URL.Path == "/healthz":
		fmt.Fprint(w, "ok")
	case r.URL.Path == "/readyz":
		if err := s.quorum(s.members(), nil); err != nil {
			http.Error(w, "[-]etcd failed: "+err.Error(), http.StatusInternalServerError)
			return
		}
		fmt.Fprint(w, "ok")
	case strings.HasPrefix(r.URL.Path, "/v1-k3s/") && !isNode:
		http.Error(w, "not authorized", http.StatusUnauthorized)
	case r.URL.Path == "/v1-k3s/serving-kubelet.crt":
		s.registerNode(w, r)
	case r.URL.Path == "/v1-k3s/heartbeat":
		s.heartbeat(w, r.Header.Get("K3s-Node-Name"), r.Header.Get("K3s-Forwarded") != "")
	case strings.HasPrefix(r.URL.Path, "/v1-k3s/") && !isServer:
		http.Error(w, "not authorized", http.StatusUnauthorized)
	case r.URL.Path == "/v1-k3s/server-bootstrap":
		s.bootstrap(w, r)
	case r.URL.Path == "/v1-k3s/member":
		s.addMember(w, r)
	case r.URL.Path == "/v1-k3s/state":
		s.takeState(w, r)
	case r.URL.Path == "/v1-k3s/token":
		s.rotateToken(w, r)
	case r.URL.Path == "/version":
		answer(w, 200, object{"gitVersion": version(), "major": "1"})
	case len(r.TLS.PeerCertificates) == 0:
		answer(w, 401, object{"kind": "Status", "status": "Failure", "reason": "Unauthorized", "code": 401})
	default:
		s.api(w, r)
	}
}

func (s *server) tokenHash() string {
	s.store.Lock()
	defer s.store.Unlock()
	return s.store.data.TokenHash
}

func (s *server) agentTokenHash() string {
	s.store.Lock()
	defer s.store.Unlock()
	return s.store.data.AgentTokenHash
}

func answer(w http.ResponseWriter, code int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	if err := json.NewEncoder(w).Encode(body); err != nil {
		logError("%v", err)
	}
}

func refuse(w http.ResponseWriter, code int, reason, format string, values ...any) {
	answer(w, code, object{"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": reason, "message": fmt.Sprintf(format, values...), "code": code})
}

// A node's password is kept with its first registration; another machine of that name is refused.
func (s *server) registerNode(w http.ResponseWriter, r *http.Request) {
	name, password := r.Header.Get("K3s-Node-Name"), r.Header.Get("K3s-Node-Password")
	var node object
	if err := json.NewDecoder(r.Body).Decode(&node); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	rejected := false
	err := s.store.update(func(c *cluster) error {
		secret := place{"v1", "kube-system", "secrets", name + ".node-password.k3s", ""}.key()
		if old, ok := c.Objects[secret]; ok {
			if fmt.Sprint(at(old, "data", "hash")) != hashOf([]byte(password)) {
				rejected = true
				return nil
			}
		} else {
			c.Objects[secret] = object{"kind": "Secret", "metadata": object{"name": name + ".node-password.k3s", "namespace": "kube-system"}, "data": object{"hash": hashOf([]byte(password))}}
		}
		key := place{"v1", "", "nodes", name, ""}.key()
		if old, ok := c.Objects[key]; ok {
			// A kubelet renews its own labels and versions, and leaves what others have set.
			mergePatch(old, object{"metadata": object{"labels": at(node, "metadata", "labels")}, "status": node["status"]})
			old["status"] = node["status"]
		} else {
			c.Objects[key] = node
		}
		return nil
	})
	if rejected {
		refuse(w, 403, "Forbidden", "unable to verify password for node %s: hash does not match", name)
	} else if err != nil {
		refuse(w, 500, "InternalError", "%v", err)
	}
}

// Every server is told, as every one of them is asked.
func (s *server) heartbeat(w http.ResponseWriter, name string, forwarded bool) {
	s.store.Lock()
	defer s.store.Unlock()
	for member, url := range s.store.data.Members {
		if !forwarded && member != s.name {
			go s.forwardBeat(url, name)
		}
	}
	if _, ok := s.store.data.Objects[place{"v1", "", "nodes", name, ""}.key()]; !ok {
		http.Error(w, "node not found", http.StatusNotFound)
		return
	}
	beats.Store(name, time.Now())
}

func (s *server) api(w http.ResponseWriter, r *http.Request) {
	p, ok := parsePath(r.URL.Path)
	if !ok {
		refuse(w, 404, "NotFound", "the server could not find the requested resource")
		return
	}
	var body object
	if r.Method != http.MethodGet {
		text, _ := io.ReadAll(r.Body)
		if len(bytes.TrimSpace(text)) > 0 {
			if err := json.Unmarshal(text, &body); err != nil {
				refuse(w, 400, "BadRequest", "%v", err)
				return
			}
		}
	}
	if r.Method == http.MethodGet {
		s.get(w, r, p)
		return
	}
	code, reason, message := 200, "", ""
	var result any
	err := s.store.update(func(c *cluster) error {
		code, reason, message, result = change(c, r.Method, p, body)
		return nil
	})
	switch {
	case err != nil:
		refuse(w, 500, "InternalError", "%v", err)
	case reason != "":
		refuse(w, code, reason, "%s", message)
	default:
		answer(w, code, result)
	}
}

func (s *server) get(w http.ResponseWriter, r *http.Request, p place) {
	s.store.Lock()
	data := copyOf(s.store.data)
	s.store.Unlock()
	s.readiness(&data)
	if p.name == "" {
		answer(w, 200, object{"kind": "List", "apiVersion": "v1", "items": data.list(p, r.URL.Query())})
	} else if found, ok := data.Objects[p.key()]; ok {
		answer(w, 200, found)
	} else {
		refuse(w, 404, "NotFound", "%s %q not found", p.plural, p.name)
	}
}

func (s *server) forwardBeat(url, node string) {
	request, err := http.NewRequest(http.MethodPost, url+"/v1-k3s/heartbeat", nil)
	if err != nil {
		return
	}
	request.SetBasicAuth("server", s.password)
	request.Header.Set("K3s-Node-Name", node)
	request.Header.Set("K3s-Forwarded", s.name)
	if response, err := peers.Do(request); err == nil {
		response.Body.Close()
	}
}
