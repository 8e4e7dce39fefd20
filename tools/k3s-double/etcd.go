package main

import (
	"bytes"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Servers trust each other by the token here; what matters is who counts for the majority.
var peers = &http.Client{Timeout: 3 * time.Second, Transport: &http.Transport{
	DisableKeepAlives: true, TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}}

func (s *server) members() map[string]string {
	s.store.Lock()
	defer s.store.Unlock()
	return copyOf(s.store.data).Members
}

func (s *server) ask(method, url string, body []byte) ([]byte, error) {
	request, err := http.NewRequest(method, url, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	request.SetBasicAuth("server", s.password)
	response, err := peers.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	text, _ := io.ReadAll(response.Body)
	if response.StatusCode != 200 {
		return nil, fmt.Errorf("%s: %s %s", url, response.Status, strings.TrimSpace(string(text)))
	}
	return text, nil
}

// Sends the state to every member, or only asks whether they are there; an error unless a majority answers.
func (s *server) quorum(members map[string]string, state []byte) error {
	if len(members) == 0 {
		return nil
	}
	alive := 1
	for name, url := range members {
		if name == s.name {
			continue
		}
		path, method := "/ping", http.MethodGet
		if state != nil {
			path, method = "/v1-k3s/state", http.MethodPut
		}
		if _, err := s.ask(method, url+path, state); err == nil {
			alive++
		}
	}
	if alive <= len(members)/2 {
		return fmt.Errorf("etcdserver: request timed out (%d of %d members answer)", alive, len(members))
	}
	return nil
}

func (s *server) replicate(next cluster) error {
	state, err := json.Marshal(next)
	if err != nil {
		return err
	}
	return s.quorum(next.Members, state)
}

func (s *server) takeState(w http.ResponseWriter, r *http.Request) {
	s.store.Lock()
	defer s.store.Unlock()
	if r.Method == http.MethodGet {
		answer(w, 200, s.store.data)
		return
	}
	var next cluster
	if err := json.NewDecoder(r.Body).Decode(&next); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	if next.Revision > s.store.data.Revision {
		s.store.data = next
		if err := s.store.save(); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
		}
	}
}

// A server that was away takes what the others have decided since.
func (s *server) catchUp() {
	for name, url := range s.store.data.Members {
		if name == s.name {
			continue
		}
		text, err := s.ask(http.MethodGet, url+"/v1-k3s/state", nil)
		var theirs cluster
		if err == nil && json.Unmarshal(text, &theirs) == nil && theirs.Revision > s.store.data.Revision {
			s.store.data = theirs
			s.store.data.Members[s.name] = "https://" + s.settings.text("advertise-address", "127.0.0.1") + ":" + s.port
		}
	}
}

// What a joining server is given with the server's token: the authorities, and the state.
type bootstrapData struct {
	Files map[string][]byte
	State cluster
}

var authorities = []string{"server-ca.crt", "server-ca.key", "client-ca.crt", "client-ca.key"}

func (s *server) bootstrap(w http.ResponseWriter, r *http.Request) {
	data := bootstrapData{Files: map[string][]byte{}}
	for _, name := range authorities {
		text, err := os.ReadFile(filepath.Join(s.settings.dataDir(), "server", "tls", name))
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		data.Files[name] = text
	}
	s.store.Lock()
	data.State = copyOf(s.store.data)
	s.store.Unlock()
	if len(data.State.Members) == 0 {
		http.Error(w, "this server's datastore is not etcd; it cannot be joined by servers", http.StatusInternalServerError)
		return
	}
	answer(w, 200, data)
}

// A server that has joined and listens counts from here.
func (s *server) addMember(w http.ResponseWriter, r *http.Request) {
	err := s.store.update(func(c *cluster) error {
		c.Members[r.Header.Get("K3s-Node-Name")] = r.Header.Get("K3s-Server-Url")
		return nil
	})
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
	}
}

func (s *server) enrol(url string) {
	request, err := http.NewRequest(http.MethodPut, url+"/v1-k3s/member", nil)
	if err != nil {
		fatal("%v", err)
	}
	request.SetBasicAuth("server", s.password)
	request.Header.Set("K3s-Node-Name", s.name)
	request.Header.Set("K3s-Server-Url", "https://"+s.settings.text("advertise-address", "127.0.0.1")+":"+s.port)
	response, err := peers.Do(request)
	if err != nil {
		fatal("starting kubernetes: etcd: %v", err)
	}
	defer response.Body.Close()
	if response.StatusCode != 200 {
		text, _ := io.ReadAll(response.Body)
		fatal("starting kubernetes: etcd: %s %s", response.Status, strings.TrimSpace(string(text)))
	}
}

func (s *server) join(url string) {
	hash, _, password := parseToken(readToken(s.settings.text("token-file", "/dev/null")))
	s.password = password
	if err := checkAuthority(url, hash); err != nil {
		fatal("starting kubernetes: preparing server: %v", err)
	}
	request, err := http.NewRequest(http.MethodGet, url+"/v1-k3s/server-bootstrap", nil)
	if err != nil {
		fatal("%v", err)
	}
	request.SetBasicAuth("server", password)
	response, err := peers.Do(request)
	if err != nil {
		fatal("starting kubernetes: preparing server: %v", err)
	}
	defer response.Body.Close()
	var data bootstrapData
	if response.StatusCode != 200 {
		text, _ := io.ReadAll(response.Body)
		fatal("starting kubernetes: preparing server: https://…/v1-k3s/server-bootstrap: %s %s", response.Status, strings.TrimSpace(string(text)))
	}
	if err := json.NewDecoder(response.Body).Decode(&data); err != nil {
		fatal("%v", err)
	}
	for name, text := range data.Files {
		writeFile(filepath.Join(s.settings.dataDir(), "server", "tls", name), text, 0o600)
	}
	s.store.data = data.State
}

func (s *server) rotateToken(w http.ResponseWriter, r *http.Request) {
	var body struct{ NewToken string }
	if err := json.NewDecoder(r.Body).Decode(&body); err != nil || body.NewToken == "" {
		http.Error(w, "no new token", http.StatusBadRequest)
		return
	}
	_, _, password := parseToken(body.NewToken)
	err := s.store.update(func(c *cluster) error {
		c.TokenHash = hashOf([]byte(password))
		return nil
	})
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	s.password = password
}
