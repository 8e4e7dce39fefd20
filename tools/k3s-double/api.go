package main

import (
	"fmt"
	"net/http"
	"sync"
	"time"
)

// When each node was last heard of by this server. As memory: a restarted server hears of all within a second.
var beats sync.Map

const silence = 5 * time.Second

// Fills in the Ready conditions, which follow from the heartbeats.
func (s *server) readiness(data *cluster) {
	for _, node := range data.list(place{version: "v1", plural: "nodes"}, nil) {
		name := fmt.Sprint(at(node, "metadata", "name"))
		last, known := beats.Load(name)
		status := "False"
		if known && time.Since(last.(time.Time)) < silence {
			status = "True"
		} else if !known && time.Since(s.started) < silence {
			status = "Unknown"
		}
		bag, ok := node["status"].(object)
		if !ok {
			bag = object{}
			node["status"] = bag
		}
		bag["conditions"] = []any{object{"type": "Ready", "status": status, "reason": "KubeletReady"}}
	}
}

// One write to the API. A reason means refused.
func change(c *cluster, method string, p place, body object) (code int, reason, message string, result any) {
	old, exists := c.Objects[p.key()]
	switch method {
	case http.MethodPost:
		if p.sub == "eviction" {
			return evict(c, p)
		}
		p.name = fmt.Sprint(at(body, "metadata", "name"))
		if _, taken := c.Objects[p.key()]; taken {
			return 409, "AlreadyExists", p.plural + " " + p.name + " already exists", nil
		}
		if p.namespace != "" {
			mergePatch(body, object{"metadata": object{"namespace": p.namespace}})
		}
		c.Objects[p.key()] = body
		return 201, "", "", body
	case http.MethodPut:
		c.Objects[p.key()] = body
		return 200, "", "", body
	case http.MethodPatch:
		if !exists {
			return 404, "NotFound", p.plural + " " + p.name + " not found", nil
		}
		mergePatch(old, body)
		return 200, "", "", old
	case http.MethodDelete:
		if !exists {
			return 404, "NotFound", p.plural + " " + p.name + " not found", nil
		}
		delete(c.Objects, p.key())
		if p.plural == "nodes" {
			// As the etcd controller of k3s does.
			delete(c.Members, p.name)
		}
		return 200, "", "", object{"kind": "Status", "status": "Success"}
	}
	return 405, "MethodNotAllowed", "", nil
}

// A disruption budget that allows none keeps its pods.
func evict(c *cluster, p place) (int, string, string, any) {
	p.sub = ""
	pod, exists := c.Objects[p.key()]
	if !exists {
		return 404, "NotFound", "pods " + p.name + " not found", nil
	}
	budgets := place{version: "policy/v1", namespace: p.namespace, plural: "poddisruptionbudgets"}
	for _, budget := range c.list(budgets, nil) {
		labels, _ := at(budget, "spec", "selector", "matchLabels").(object)
		covered := len(labels) > 0
		for key, value := range labels {
			covered = covered && at(pod, "metadata", "labels", key) == value
		}
		if covered && fmt.Sprint(at(budget, "status", "disruptionsAllowed")) == "0" {
			return 429, "TooManyRequests", "Cannot evict pod as it would violate the pod's disruption budget.", nil
		}
	}
	delete(c.Objects, p.key())
	return 201, "", "", object{"kind": "Status", "status": "Success"}
}
