package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"time"
)

const dataDir = "/var/lib/rancher/k3s"

// save [--name N], ls, delete NAME...; only with etcd.
func etcdSnapshot(args []string) {
	verb, name := "save", "on-demand"
	var words []string
	for i := 0; i < len(args); i++ {
		switch {
		case args[i] == "--name" && i+1 < len(args):
			i++
			name = args[i]
		case strings.HasPrefix(args[i], "--name="):
			name = strings.TrimPrefix(args[i], "--name=")
		case strings.HasPrefix(args[i], "-"):
			fmt.Fprintf(os.Stderr, "Incorrect Usage: flag provided but not defined: %s\n", args[i])
			os.Exit(1)
		default:
			words = append(words, args[i])
		}
	}
	if len(words) > 0 {
		verb, words = words[0], words[1:]
	}
	found := readSettings("server", nil)
	if !fileExists(datastorePath(dataDir, true)) {
		fatal("etcd-snapshot is only available with the embedded etcd datastore")
	}
	folder := found.text("etcd-snapshot-dir", filepath.Join(dataDir, "server", "db", "snapshots"))
	switch verb {
	case "save":
		saved, _ := openStore(datastorePath(dataDir, true))
		text, _ := json.Marshal(saved.data)
		file := fmt.Sprintf("%s-%s-%d", name, found.nodeName(), time.Now().Unix())
		writeFile(filepath.Join(folder, file), text, 0o600)
		fmt.Printf("Snapshot %s saved.\n", file)
	case "ls", "list", "l":
		files, _ := filepath.Glob(filepath.Join(folder, "*"))
		sort.Strings(files)
		fmt.Println("Name Location Size Created")
		for _, file := range files {
			info, err := os.Stat(file)
			if err != nil {
				continue
			}
			fmt.Printf("%s file://%s %d %s\n", filepath.Base(file), file, info.Size(), info.ModTime().UTC().Format(time.RFC3339))
		}
	case "delete":
		for _, each := range words {
			if err := os.Remove(filepath.Join(folder, filepath.Base(each))); err != nil {
				fatal("%v", err)
			}
		}
	default:
		fatal("unknown command %s", verb)
	}
}

// Makes this server the only member, with the state of a snapshot where one is named. The server must not run.
func clusterReset(found settings) {
	current := datastorePath(dataDir, true)
	if _, err := http.Get("http://127.0.0.1:10248/healthz"); err == nil {
		fatal("cannot perform cluster-reset while k3s runs: stop it first")
	}
	path := found.text("cluster-reset-restore-path", "")
	source := current
	if path != "" {
		source = path
	}
	if !fileExists(source) {
		fatal("etcd: snapshot path does not exist: %s", source)
	}
	restored, _ := openStore(source)
	if restored.data.TokenHash != hashOf([]byte(found.serverPassword())) {
		fatal("failed to decrypt bootstrap data of the snapshot: it was taken with another token")
	}
	if path != "" && fileExists(current) {
		old := filepath.Join(dataDir, "server", "db", fmt.Sprintf("etcd-old-%d", time.Now().Unix()))
		if err := os.Rename(filepath.Dir(current), old); err != nil {
			fatal("%v", err)
		}
	}
	restored.path = current
	restored.data.Members = map[string]string{}
	restored.data.Revision += 1000
	if err := restored.save(); err != nil {
		fatal("%v", err)
	}
	fmt.Println("Managed etcd cluster membership has been reset, restart without --cluster-reset flag now. Backup and delete ${datadir}/server/db on each peer etcd server and rejoin the nodes")
}

// rotate --token OLD --new-token NEW
func tokenVerb(args []string) {
	flags := map[string]string{}
	for i := 1; i < len(args); i++ {
		pair := strings.SplitN(strings.TrimLeft(args[i], "-"), "=", 2)
		if len(pair) == 1 && i+1 < len(args) {
			i++
			pair = append(pair, args[i])
		}
		flags[pair[0]] = pair[len(pair)-1]
	}
	if len(args) == 0 || args[0] != "rotate" || flags["new-token"] == "" {
		fatal("use: k3s token rotate --token OLD --new-token NEW")
	}
	_, _, old := parseToken(flags["token"])
	s := &server{password: old}
	body, _ := json.Marshal(map[string]string{"NewToken": flags["new-token"]})
	if _, err := s.ask(http.MethodPut, "https://127.0.0.1:6443/v1-k3s/token", body); err != nil {
		fatal("%v", err)
	}
	fmt.Println("Token rotated, restart k3s nodes with new token")
}

// rotate: the leaf certificates are made anew at the next start.
func certificateVerb(args []string) {
	if len(args) == 0 || args[0] != "rotate" {
		fatal("use: k3s certificate rotate")
	}
	for _, name := range []string{"client-admin", "serving-kube-apiserver"} {
		for _, end := range []string{".crt", ".key"} {
			if err := os.Remove(filepath.Join(dataDir, "server", "tls", name+end)); err != nil && !os.IsNotExist(err) {
				fatal("%v", err)
			}
		}
	}
	fmt.Println("Successfully backed up certificates for all services, please restart k3s server or agent to rotate certificates")
}
