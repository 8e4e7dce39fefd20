package main

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"regexp"
	"strings"
	"time"
)

// The API of this server with the admin's certificate, as `k3s kubectl` has it by default.
type admin struct {
	url    string
	client *http.Client
}

func connect() admin {
	file := os.Getenv("KUBECONFIG")
	if file == "" {
		file = "/etc/rancher/k3s/k3s.yaml"
	}
	text, err := os.ReadFile(file)
	if err != nil {
		fmt.Fprintf(os.Stderr, "error: %v\n", err)
		os.Exit(1)
	}
	field := func(name string) []byte {
		match := regexp.MustCompile(`(?m)` + name + `: (\S+)`).FindSubmatch(text)
		if match == nil {
			return nil
		}
		return match[1]
	}
	decode := func(name string) []byte {
		plain, _ := base64.StdEncoding.DecodeString(string(field(name)))
		return plain
	}
	certificate, err := tls.X509KeyPair(decode("client-certificate-data"), decode("client-key-data"))
	if err != nil {
		fmt.Fprintf(os.Stderr, "error: %v\n", err)
		os.Exit(1)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(decode("certificate-authority-data"))
	return admin{string(field("server")), &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{
		DisableKeepAlives: true,
		TLSClientConfig:   &tls.Config{RootCAs: pool, Certificates: []tls.Certificate{certificate}}}}}
}

func (a admin) call(method, path string, body []byte) (int, []byte) {
	request, err := http.NewRequest(method, a.url+path, bytes.NewReader(body))
	if err != nil {
		return 0, []byte(err.Error())
	}
	response, err := a.client.Do(request)
	if err != nil {
		return 0, []byte(err.Error())
	}
	defer response.Body.Close()
	text, _ := io.ReadAll(response.Body)
	return response.StatusCode, text
}

func (a admin) must(method, path string, body []byte) []byte {
	code, text := a.call(method, path, body)
	if code >= 200 && code < 300 {
		return text
	}
	message := strings.TrimSpace(string(text))
	var status object
	if json.Unmarshal(text, &status) == nil && status["message"] != nil {
		message = fmt.Sprint(status["message"])
	}
	fmt.Fprintf(os.Stderr, "Error from server: %s (%d)\n", message, code)
	os.Exit(1)
	return nil
}

var plurals = map[string]string{"node": "nodes", "no": "nodes", "pod": "pods", "po": "pods", "secret": "secrets", "configmap": "configmaps", "cm": "configmaps", "namespace": "namespaces", "ns": "namespaces"}

// get (with --raw, -o json|name|jsonpath is not there), create -f -, delete, cordon, uncordon; -n and -A.
func kubectl(args []string) {
	var words []string
	namespace, output, raw, all := "default", "", "", false
	for i := 0; i < len(args); i++ {
		value := func() string { i++; return args[i] }
		switch {
		case args[i] == "-n" || args[i] == "--namespace":
			namespace = value()
		case args[i] == "-o" || args[i] == "--output":
			output = value()
		case args[i] == "--raw":
			raw = value()
		case args[i] == "-A" || args[i] == "--all-namespaces":
			all = true
		case args[i] == "-f" || args[i] == "--filename":
			value()
		case strings.HasPrefix(args[i], "--ignore-not-found") || strings.HasPrefix(args[i], "--wait") || strings.HasPrefix(args[i], "--request-timeout"):
		case strings.HasPrefix(args[i], "-"):
			fmt.Fprintf(os.Stderr, "error: unknown flag: %s\n", args[i])
			os.Exit(1)
		default:
			words = append(words, args[i])
		}
	}
	if len(words) == 0 {
		os.Exit(1)
	}
	api := connect()
	if raw != "" {
		os.Stdout.Write(api.must(http.MethodGet, raw, nil))
		return
	}
	path := func(kind, name string) string {
		parts := strings.SplitN(kind, "/", 2)
		if len(parts) == 2 {
			kind, name = parts[0], parts[1]
		}
		if plural, ok := plurals[kind]; ok {
			kind = plural
		}
		where := "/api/v1/"
		if kind != "nodes" && kind != "namespaces" && !all {
			where += "namespaces/" + namespace + "/"
		}
		return strings.TrimSuffix(where+kind+"/"+name, "/")
	}
	name := ""
	if len(words) > 2 {
		name = words[2]
	}
	switch words[0] {
	case "get":
		show(api.must(http.MethodGet, path(words[1], name), nil), output)
	case "delete":
		code, text := api.call(http.MethodDelete, path(words[1], name), nil)
		if code != 200 && code != 404 {
			fmt.Fprintf(os.Stderr, "Error from server: %s\n", text)
			os.Exit(1)
		}
	case "create", "apply":
		text, _ := io.ReadAll(os.Stdin)
		var body object
		if err := json.Unmarshal(text, &body); err != nil {
			fmt.Fprintf(os.Stderr, "error: %v (the double reads JSON)\n", err)
			os.Exit(1)
		}
		if given, ok := at(body, "metadata", "namespace").(string); ok {
			namespace = given
		}
		target := path(strings.ToLower(fmt.Sprint(body["kind"])), "")
		if version := fmt.Sprint(body["apiVersion"]); version != "v1" {
			target = "/apis/" + version + "/namespaces/" + namespace + "/" + strings.ToLower(fmt.Sprint(body["kind"])) + "s"
		}
		if words[0] == "apply" {
			api.must(http.MethodPut, target+"/"+fmt.Sprint(at(body, "metadata", "name")), text)
		} else {
			api.must(http.MethodPost, target, text)
		}
	case "cordon", "uncordon":
		patch := fmt.Sprintf(`{"spec":{"unschedulable":%t}}`, words[0] == "cordon")
		api.must(http.MethodPatch, "/api/v1/nodes/"+words[1], []byte(patch))
	default:
		fmt.Fprintf(os.Stderr, "error: unknown command %q for \"kubectl\" (the double)\n", words[0])
		os.Exit(1)
	}
}

func show(text []byte, output string) {
	if output == "json" {
		os.Stdout.Write(text)
		return
	}
	var found object
	if err := json.Unmarshal(text, &found); err != nil {
		fatal("%v", err)
	}
	items, isList := found["items"].([]any)
	if !isList {
		items = []any{found}
	}
	for _, item := range items {
		ready := ""
		if conditions, ok := at(item, "status", "conditions").([]any); ok {
			for _, each := range conditions {
				ready = map[string]string{"True": "Ready"}[fmt.Sprint(at(each, "status"))]
				if ready == "" {
					ready = "NotReady"
				}
			}
		}
		fmt.Println(strings.TrimSpace(fmt.Sprintf("%v %s", at(item, "metadata", "name"), ready)))
	}
}
