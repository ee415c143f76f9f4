// The API server's own view of what `limen crds` prints: its validation of CustomResourceDefinitions,
// and its validation of objects against them, as libraries (k8s.io/apiextensions-apiserver).
package crds

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"slices"
	"testing"

	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	v1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	crdvalidation "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/validation"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/defaulting"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/listtype"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/pruning"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/validation"
	celconfig "k8s.io/apiserver/pkg/apis/cel"
)

type object = map[string]any

func limen(t *testing.T, words ...string) []byte {
	t.Helper()
	command := exec.Command(os.Getenv("LIMEN"), words...)
	var errors bytes.Buffer
	command.Stderr = &errors
	out, err := command.Output()
	if _, isExit := err.(*exec.ExitError); err != nil && !isExit {
		t.Fatalf("LIMEN must name the limen to test: %v", err)
	}
	if errors.Len() > 0 {
		t.Fatalf("limen %v: %s", words, errors.String())
	}
	return out
}

// definitions are all that `limen crds` prints, with the defaults that the API server adds.
func definitions(t *testing.T) []*apiextensions.CustomResourceDefinition {
	t.Helper()
	var list struct {
		APIVersion string
		Kind       string
		Items      []v1.CustomResourceDefinition
	}
	decoder := json.NewDecoder(bytes.NewReader(limen(t, "crds", "-o", "json")))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&list); err != nil {
		t.Fatal(err)
	}
	if len(list.Items) < 2 {
		t.Fatalf("%d definitions", len(list.Items))
	}
	var all []*apiextensions.CustomResourceDefinition
	for i := range list.Items {
		item := &list.Items[i]
		v1.SetObjectDefaults_CustomResourceDefinition(item)
		internal := &apiextensions.CustomResourceDefinition{}
		if err := v1.Convert_v1_CustomResourceDefinition_To_apiextensions_CustomResourceDefinition(item, internal, nil); err != nil {
			t.Fatal(err)
		}
		for _, version := range internal.Spec.Versions { // as the server does on creation
			if version.Storage {
				internal.Status.StoredVersions = []string{version.Name}
			}
		}
		all = append(all, internal)
	}
	return all
}

// judge says what the API server finds wrong with objects of one version of one kind.
type judge struct {
	structural *schema.Structural
	open       validation.SchemaValidator
	rules      *cel.Validator
}

func newJudge(t *testing.T, crd *apiextensions.CustomResourceDefinition, version string) judge {
	t.Helper()
	props, err := apiextensions.GetSchemaForVersion(crd, version)
	if err != nil {
		t.Fatal(err)
	}
	structural, err := schema.NewStructural(props.OpenAPIV3Schema)
	if err != nil {
		t.Fatal(err)
	}
	open, _, err := validation.NewSchemaValidator(props.OpenAPIV3Schema)
	if err != nil {
		t.Fatal(err)
	}
	return judge{structural, open, cel.NewValidator(structural, true, celconfig.PerCallLimit)}
}

// verdict follows the order of a request: unknown fields (refused, as kubectl asks for), nulls,
// defaults, schema, list keys, rules.  It changes the object.
func (j judge) verdict(o object) []string {
	var wrong []string
	pruned := pruning.PruneWithOptions(o, j.structural, true, schema.UnknownFieldPathOptions{TrackUnknownFieldPaths: true})
	for _, path := range pruned {
		wrong = append(wrong, path+": unknown field")
	}
	defaulting.PruneNonNullableNullsWithoutDefaults(o, j.structural)
	defaulting.Default(o, j.structural)
	errs := validation.ValidateCustomResource(nil, o, j.open)
	errs = append(errs, listtype.ValidateListSetsAndMaps(nil, j.structural, o)...)
	if len(errs) == 0 && j.rules != nil {
		broken, _ := j.rules.Validate(context.Background(), nil, j.structural, o, nil, celconfig.RuntimeCELCostBudget)
		errs = append(errs, broken...)
	}
	for _, err := range errs {
		wrong = append(wrong, err.Error())
	}
	slices.Sort(wrong)
	return wrong
}

// The API server accepts each definition: structural, defaults valid, rules compile and are cheap enough.
func TestDefinitionsAreAccepted(t *testing.T) {
	for _, crd := range definitions(t) {
		for _, err := range crdvalidation.ValidateCustomResourceDefinition(context.Background(), crd) {
			t.Errorf("%s: %v", crd.Name, err)
		}
	}
}
