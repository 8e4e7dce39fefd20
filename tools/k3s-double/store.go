package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"sync"
)

type object = map[string]any

// Everything a cluster keeps. SQLite and etcd differ in where it lies and in what may be done with it.
type cluster struct {
	Revision int
	// Objects by "<group/version> <namespace> <plural> <name>".
	Objects map[string]object
	// SHA-256 of the password that encrypted the bootstrap data.
	TokenHash      string
	AgentTokenHash string
	// Servers by node name, with the address others reach them at.
	Members map[string]string
}

type store struct {
	sync.Mutex
	path string
	data cluster
	// Called with the new state before it counts; an error undoes the write.
	replicate func(cluster) error
}

func datastorePath(dataDir string, etcd bool) string {
	if etcd {
		return filepath.Join(dataDir, "server", "db", "etcd", "state.json")
	}
	return filepath.Join(dataDir, "server", "db", "state.db")
}

func openStore(path string) (*store, bool) {
	s := &store{path: path, data: cluster{Objects: map[string]object{}, Members: map[string]string{}}}
	text, err := os.ReadFile(path)
	if os.IsNotExist(err) {
		return s, false
	}
	if err != nil {
		fatal("%v", err)
	}
	if err := json.Unmarshal(text, &s.data); err != nil {
		fatal("datastore %s is damaged: %v", path, err)
	}
	return s, true
}

func copyOf(data cluster) cluster {
	text, err := json.Marshal(data)
	if err != nil {
		fatal("%v", err)
	}
	var copied cluster
	if err := json.Unmarshal(text, &copied); err != nil {
		fatal("%v", err)
	}
	return copied
}

// One change, whole or not at all.
func (s *store) update(change func(*cluster) error) error {
	s.Lock()
	defer s.Unlock()
	next := copyOf(s.data)
	if err := change(&next); err != nil {
		return err
	}
	next.Revision++
	if s.replicate != nil {
		if err := s.replicate(next); err != nil {
			return err
		}
	}
	s.data = next
	return s.save()
}

func (s *store) save() error {
	text, err := json.MarshalIndent(s.data, "", " ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(s.path), 0o700); err != nil {
		return err
	}
	if err := os.WriteFile(s.path+".new", text, 0o600); err != nil {
		return err
	}
	return os.Rename(s.path+".new", s.path)
}

// Where an API path points.
type place struct{ version, namespace, plural, name, sub string }

func parsePath(path string) (place, bool) {
	parts := strings.Split(strings.Trim(path, "/"), "/")
	var p place
	switch {
	case len(parts) > 2 && parts[0] == "api":
		p.version, parts = parts[1], parts[2:]
	case len(parts) > 3 && parts[0] == "apis":
		p.version, parts = parts[1]+"/"+parts[2], parts[3:]
	default:
		return p, false
	}
	if parts[0] == "namespaces" && len(parts) > 2 {
		p.namespace, parts = parts[1], parts[2:]
	}
	p.plural = parts[0]
	if len(parts) > 1 {
		p.name = parts[1]
	}
	if len(parts) > 2 {
		p.sub = parts[2]
	}
	return p, len(parts) < 4
}

func (p place) key() string {
	return strings.Join([]string{p.version, p.namespace, p.plural, p.name}, " ")
}

func (c *cluster) list(p place, query map[string][]string) []object {
	var keys []string
	for key := range c.Objects {
		parts := strings.Split(key, " ")
		if parts[0] == p.version && parts[2] == p.plural && (p.namespace == "" || parts[1] == p.namespace) {
			keys = append(keys, key)
		}
	}
	sort.Strings(keys)
	items := []object{}
	for _, key := range keys {
		if matches(c.Objects[key], query) {
			items = append(items, c.Objects[key])
		}
	}
	return items
}

// Field and label selectors of the form key=value.
func matches(item object, query map[string][]string) bool {
	for name, root := range map[string][]string{"fieldSelector": {}, "labelSelector": {"metadata", "labels"}} {
		for _, text := range query[name] {
			for _, one := range strings.Split(text, ",") {
				sides := strings.SplitN(one, "=", 2)
				path := append(append([]string{}, root...), sides[0])
				if name == "fieldSelector" {
					path = strings.Split(sides[0], ".")
				}
				if len(sides) != 2 || fmt.Sprint(at(item, path...)) != sides[1] {
					return false
				}
			}
		}
	}
	return true
}

func at(item any, path ...string) any {
	for _, key := range path {
		bag, ok := item.(object)
		if !ok {
			return nil
		}
		item = bag[key]
	}
	return item
}

// RFC 7386; strategic merge patches of maps have the same meaning.
func mergePatch(target, patch object) {
	for key, value := range patch {
		if value == nil {
			delete(target, key)
			continue
		}
		inner, isBag := value.(object)
		if !isBag {
			target[key] = value
			continue
		}
		old, ok := target[key].(object)
		if !ok {
			old = object{}
			target[key] = old
		}
		mergePatch(old, inner)
	}
}
