package main

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strings"
)

//go:embed accepted.json
var acceptedText []byte

var accepted struct {
	Server []string `json:"server"`
	Agent  []string `json:"agent"`
	Lists  []string `json:"lists"`
}

// What a kubelet of the double takes; another one is an unknown flag, as it is to a real one.
var kubeletFlags = []string{
	"config", "streaming-connection-idle-timeout", "tls-cipher-suites", "pod-max-pids", "max-pods", "v",
	"node-status-update-frequency", "eviction-hard", "system-reserved", "kube-reserved",
}

// Values by flag; a flag that takes one value has one.
type settings map[string][]string

func (s settings) text(key, otherwise string) string {
	if values := s[key]; len(values) > 0 {
		return values[len(values)-1]
	}
	return otherwise
}

func (s settings) is(key string) bool { return s.text(key, "false") == "true" }

func (s settings) dataDir() string { return s.text("data-dir", "/var/lib/rancher/k3s") }

func (s settings) nodeName() string {
	host, err := os.Hostname()
	if err != nil {
		fatal("%v", err)
	}
	return s.text("node-name", host)
}

func contains(list []string, text string) bool {
	for _, each := range list {
		if each == text {
			return true
		}
	}
	return false
}

// The config file with its folder of drop-ins, then the command line; unknown keys end it as urfave/cli does.
func readSettings(role string, args []string) settings {
	if err := json.Unmarshal(acceptedText, &accepted); err != nil {
		fatal("%v", err)
	}
	known := accepted.Server
	if role == "agent" {
		known = accepted.Agent
	}
	found := settings{}
	set := func(key, value string) {
		if !contains(known, key) {
			fmt.Fprintf(os.Stderr, "Incorrect Usage: flag provided but not defined: -%s\n", key)
			fatal("flag provided but not defined: -%s", key)
		}
		if contains(accepted.Lists, key) {
			found[key] = append(found[key], value)
		} else {
			found[key] = []string{value}
		}
	}
	files := []string{"/etc/rancher/k3s/config.yaml"}
	more, _ := filepath.Glob("/etc/rancher/k3s/config.yaml.d/*.yaml")
	sort.Strings(more)
	for _, file := range append(files, more...) {
		text, err := os.ReadFile(file)
		if os.IsNotExist(err) {
			continue
		}
		if err != nil {
			fatal("%v", err)
		}
		for _, pair := range parseYaml(file, string(text)) {
			set(pair[0], pair[1])
		}
	}
	for i := 0; i < len(args); i++ {
		key := strings.TrimLeft(args[i], "-")
		if !strings.HasPrefix(args[i], "-") {
			fatal("unexpected argument %s", args[i])
		}
		if at := strings.Index(key, "="); at >= 0 {
			set(key[:at], key[at+1:])
		} else if i+1 < len(args) && !strings.HasPrefix(args[i+1], "-") {
			set(key, args[i+1])
			i++
		} else {
			set(key, "true")
		}
	}
	checkComponents(role, found)
	return found
}

// What the parts inside k3s would refuse.
func checkComponents(role string, found settings) {
	for _, arg := range found["kubelet-arg"] {
		name := strings.SplitN(arg, "=", 2)
		if !contains(kubeletFlags, name[0]) {
			fatal("kubelet exited: failed to parse kubelet flag: unknown flag: --%s", name[0])
		}
		if name[0] == "config" {
			mustExist("kubelet", name[1])
		}
	}
	for _, label := range found["node-label"] {
		key := strings.SplitN(label, "=", 2)[0]
		domain := strings.SplitN(key, "/", 2)[0]
		own := strings.HasPrefix(key, "node.kubernetes.io/") || strings.HasPrefix(key, "kubelet.kubernetes.io/") ||
			strings.HasPrefix(key, "topology.kubernetes.io/") || key == "kubernetes.io/hostname"
		if strings.HasSuffix(domain, "kubernetes.io") && !own {
			fatal("kubelet exited: unknown 'kubernetes.io' or 'k8s.io' labels specified with --node-labels: [%s]", key)
		}
	}
	if role != "server" {
		return
	}
	for _, arg := range found["kube-apiserver-arg"] {
		pair := strings.SplitN(arg, "=", 2)
		if pair[0] == "admission-control-config-file" || pair[0] == "audit-policy-file" {
			mustExist("apiserver", pair[1])
		}
		if pair[0] == "audit-log-path" {
			mustExist("apiserver", filepath.Dir(pair[1]))
		}
	}
	if found.text("server", "") != "" && found.is("cluster-init") {
		fatal("cluster-init cannot be used with server")
	}
}

func mustExist(component, path string) {
	if _, err := os.Stat(path); err != nil {
		fatal("%s exited: %v", component, err)
	}
}

// A flat YAML: "key: scalar", and "key:" with "- scalar" lines below. Anything else is refused rather than misread.
func parseYaml(file, text string) [][2]string {
	var pairs [][2]string
	key := ""
	for number, line := range strings.Split(text, "\n") {
		trimmed := strings.TrimSpace(line)
		switch {
		case trimmed == "" || strings.HasPrefix(trimmed, "#"):
		case strings.HasPrefix(trimmed, "- ") && key != "":
			pairs = append(pairs, [2]string{key, unquote(trimmed[2:])})
		case !strings.HasPrefix(line, " ") && strings.HasSuffix(trimmed, ":"):
			key = strings.TrimSuffix(trimmed, ":")
		case !strings.HasPrefix(line, " ") && strings.Contains(trimmed, ": "):
			parts := strings.SplitN(trimmed, ": ", 2)
			key = ""
			pairs = append(pairs, [2]string{parts[0], unquote(parts[1])})
		default:
			fatal("%s:%d: yaml: cannot read %q", file, number+1, trimmed)
		}
	}
	return pairs
}

func unquote(text string) string {
	if len(text) >= 2 && (text[0] == '"' || text[0] == '\'') && text[len(text)-1] == text[0] {
		return text[1 : len(text)-1]
	}
	return text
}
