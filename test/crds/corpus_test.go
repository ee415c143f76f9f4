package crds

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
	"sigs.k8s.io/yaml"
)

// sample is one object that both sides judge.
type sample struct {
	what   string // where it comes from, and what was done to it
	object object
	wrong  []string // what the API server said
}

func readCorpus(t *testing.T, file string) []object {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var all []object
	for i, document := range strings.Split(strings.TrimPrefix(string(text), "---\n"), "\n---\n") {
		var o object
		// By JSON, so that numbers are what the API server makes of them.
		asJSON, err := yaml.YAMLToJSONStrict([]byte(document))
		if err == nil {
			o, err = decode(asJSON)
		}
		if err != nil {
			t.Fatalf("%s, document %d: %v", file, i, err)
		}
		all = append(all, o)
	}
	return all
}

func name(o object) string {
	return fmt.Sprint(o["kind"], "/", o["metadata"].(object)["name"])
}

// limenVerdicts are the lines of `limen validate` on the samples, by sample.
func limenVerdicts(t *testing.T, samples []sample) map[int][]string {
	t.Helper()
	var file strings.Builder
	for i, s := range samples {
		s.object["metadata"] = object{"name": fmt.Sprintf("sample-%d", i)}
		text, err := json.Marshal(s.object)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&file, "---\n%s\n", text)
	}
	path := filepath.Join(t.TempDir(), "samples.yaml")
	if err := os.WriteFile(path, []byte(file.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	verdicts := map[int][]string{}
	// A line of a status ("Accepted: ...") is about what the object refers to, not about its form.
	status := regexp.MustCompile(`^(Accepted|Programmed|ResolvedRefs): `)
	line := regexp.MustCompile(`^\S+?:\d+: \w+/(?:default/)?sample-(\d+): (.*)$`)
	for _, text := range strings.Split(string(limen(t, "validate", "-f", path)), "\n") {
		if found := line.FindStringSubmatch(text); found != nil && !status.MatchString(found[2]) {
			var i int
			fmt.Sscan(found[1], &i)
			verdicts[i] = append(verdicts[i], found[2])
		}
	}
	return verdicts
}

// ruleMessages are the messages of all rules in a schema.
func ruleMessages(s *schema.Structural, into map[string]bool) {
	for _, rule := range s.XValidations {
		into[rule.Message] = true
	}
	for _, property := range s.Properties {
		ruleMessages(&property, into)
	}
	if s.Items != nil {
		ruleMessages(s.Items, into)
	}
	if s.AdditionalProperties != nil && s.AdditionalProperties.Structural != nil {
		ruleMessages(s.AdditionalProperties.Structural, into)
	}
}

type judges map[string]judge // by apiVersion and kind

func newJudges(t *testing.T) judges {
	all := judges{}
	for _, crd := range definitions(t) {
		for _, version := range crd.Spec.Versions {
			all[key(crd, version.Name)] = newJudge(t, crd, version.Name)
		}
	}
	return all
}

func key(crd *apiextensions.CustomResourceDefinition, version string) string {
	return crd.Spec.Group + "/" + version + " " + crd.Spec.Names.Kind
}

func (all judges) of(t *testing.T, o object) judge {
	t.Helper()
	found, ok := all[fmt.Sprint(o["apiVersion"], " ", o["kind"])]
	if !ok {
		t.Fatalf("%s: there is no definition of %v %v", name(o), o["apiVersion"], o["kind"])
	}
	return found
}

// collect judges the corpus and every mutant of its valid objects as the API server would.
func collect(t *testing.T, all judges) []sample {
	t.Helper()
	var samples []sample
	add := func(what string, o object) []string {
		wrong := all.of(t, o).verdict(clone(o))
		samples = append(samples, sample{what, o, wrong})
		return wrong
	}
	kinds := map[any]bool{}
	for _, o := range readCorpus(t, "valid.yaml") {
		kinds[o["kind"]] = true
		if wrong := add(name(o), clone(o)); len(wrong) > 0 {
			t.Errorf("valid.yaml: %s: the API server refuses it: %v", name(o), wrong)
		}
		mutate(all.of(t, o).structural, o, func(what string) { add(name(o)+": "+what, clone(o)) })
	}
	for _, o := range readCorpus(t, os.Getenv("LIMEN_BROKEN_RULES")) {
		if wrong := add(fmt.Sprint(o), o); len(wrong) == 0 {
			t.Errorf("api/rules_test.cc: the API server takes %v", o)
		}
	}
	for kind := range all {
		if !kinds[strings.Fields(kind)[1]] {
			t.Errorf("valid.yaml has no object of %s", kind)
		}
	}
	return samples
}

// `limen validate` and the API server agree on each object whether it is valid, and each rule of each
// kind is broken at least once.
func TestVerdictsAgree(t *testing.T) {
	all := newJudges(t)
	samples := collect(t, all)
	verdicts := limenVerdicts(t, samples)
	unbroken := map[string]bool{}
	for _, judge := range all {
		ruleMessages(judge.structural, unbroken)
	}
	refused := 0
	for i, s := range samples {
		for _, wrong := range s.wrong {
			for message := range unbroken {
				if strings.Contains(wrong, message) {
					delete(unbroken, message)
				}
			}
		}
		if len(s.wrong) > 0 {
			refused++
		}
		if (len(s.wrong) > 0) != (len(verdicts[i]) > 0) {
			t.Errorf("%s\n  API server: %v\n  limen: %v", s.what, s.wrong, verdicts[i])
		}
	}
	for message := range unbroken {
		t.Errorf("no object breaks the rule: %s", message)
	}
	t.Logf("%d objects, %d of them refused by both", len(samples), refused)
	if refused == 0 || refused == len(samples) {
		t.Error("one verdict for all objects: the comparison compares nothing")
	}
}
