// psa-table judges pods as the Pod Security admission of Kubernetes does.
//
// With -testdata DIR it prints upstream's own test table (test/testdata of k8s.io/pod-security-admission), one JSON
// object a line, with what upstream says of each pod at the latest version of its checks. Without it, it reads pods
// as JSON, one a line, from standard input.
package main

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"
	"sigs.k8s.io/yaml"
)

// row is one pod and upstream's verdict on it: for each level the reasons against it, none when it is allowed.
type row struct {
	// Level and Version name the part of the table, Expect is "pass" or "fail"; empty for pods from standard input.
	Level      string          `json:"level,omitempty"`
	Version    string          `json:"version,omitempty"`
	Expect     string          `json:"expect,omitempty"`
	Name       string          `json:"name,omitempty"`
	Pod        json.RawMessage `json:"pod,omitempty"`
	Baseline   []string        `json:"baseline"`
	Restricted []string        `json:"restricted"`
}

func main() {
	testdata := flag.String("testdata", "", "folder test/testdata of k8s.io/pod-security-admission")
	flag.Parse()
	if err := run(*testdata); err != nil {
		fmt.Fprintln(os.Stderr, "psa-table:", err)
		os.Exit(1)
	}
}

func run(testdata string) error {
	evaluator, err := policy.NewEvaluator(policy.DefaultChecks(), nil)
	if err != nil {
		return err
	}
	out := bufio.NewWriter(os.Stdout)
	encoder := json.NewEncoder(out)
	if testdata != "" {
		err = printTable(testdata, evaluator, encoder)
	} else {
		err = judgeInput(evaluator, encoder)
	}
	if err != nil {
		return err
	}
	return out.Flush()
}

func printTable(testdata string, evaluator policy.Evaluator, encoder *json.Encoder) error {
	return filepath.WalkDir(testdata, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(path, ".yaml") {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		pod, err := yaml.YAMLToJSON(text)
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		result, err := judge(pod, evaluator)
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		// <level>/<version>/<pass|fail>/<name>.yaml
		parts := strings.Split(strings.TrimSuffix(path, ".yaml"), string(filepath.Separator))
		parts = parts[len(parts)-4:]
		result.Level, result.Version, result.Expect, result.Name = parts[0], parts[1], parts[2], parts[3]
		result.Pod = pod
		return encoder.Encode(result)
	})
}

func judgeInput(evaluator policy.Evaluator, encoder *json.Encoder) error {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<24)
	for lines.Scan() {
		result, err := judge(lines.Bytes(), evaluator)
		if err != nil {
			return err
		}
		if err := encoder.Encode(result); err != nil {
			return err
		}
	}
	return lines.Err()
}

func judge(text []byte, evaluator policy.Evaluator) (row, error) {
	pod := corev1.Pod{}
	if err := json.Unmarshal(text, &pod); err != nil {
		return row{}, err
	}
	// As the API server defaults it before admission (SetDefaults_Volume in pkg/apis/core/v1/defaults.go).
	for i, volume := range pod.Spec.Volumes {
		if volume.VolumeSource == (corev1.VolumeSource{}) {
			pod.Spec.Volumes[i].EmptyDir = &corev1.EmptyDirVolumeSource{}
		}
	}
	reasons := func(level api.Level) []string {
		found := []string{}
		version := api.LevelVersion{Level: level, Version: api.LatestVersion()}
		for _, result := range evaluator.EvaluatePod(version, &pod.ObjectMeta, &pod.Spec) {
			if !result.Allowed {
				found = append(found, result.ForbiddenReason+": "+result.ForbiddenDetail)
			}
		}
		return found
	}
	return row{Baseline: reasons(api.LevelBaseline), Restricted: reasons(api.LevelRestricted)}, nil
}
