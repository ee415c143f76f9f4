package crds

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
	utiljson "k8s.io/apimachinery/pkg/util/json"
)

// decode reads JSON as the API server does: int64 and float64.
func decode(text []byte) (object, error) {
	var o object
	err := utiljson.Unmarshal(text, &o)
	return o, err
}

func clone(o object) object {
	text, err := json.Marshal(o)
	if err != nil {
		panic(err)
	}
	out, err := decode(bytes.TrimSpace(text))
	if err != nil {
		panic(err)
	}
	return out
}

// mutate changes the object's spec and status in one place at a time, calls visit, and changes it back:
// members left out, of a wrong type, unknown, past each bound that the schema has.
func mutate(s *schema.Structural, o object, visit func(what string)) {
	for _, part := range []string{"spec", "status"} {
		if value, ok := o[part]; ok {
			property := s.Properties[part]
			mutateValue(&property, part, value, func(v any) { o[part] = v }, visit)
			o[part] = value
		}
	}
	delete(o, "spec")
	visit("without spec")
}

func mutateValue(s *schema.Structural, path string, value any, set func(any), visit func(string)) {
	for _, wrong := range wrongValues(s, value) {
		set(wrong)
		visit(fmt.Sprintf("%s = %.60v", path, wrong))
	}
	set(value)
	switch v := value.(type) {
	case object:
		mutateObject(s, path, v, visit)
	case []any:
		for i, item := range v {
			if s.Items != nil {
				mutateValue(s.Items, fmt.Sprintf("%s[%d]", path, i), item, func(w any) { v[i] = w }, visit)
			}
		}
	}
}

func mutateObject(s *schema.Structural, path string, o object, visit func(string)) {
	names := make([]string, 0, len(o))
	for member := range o {
		names = append(names, member)
	}
	slices.Sort(names) // so that a failure comes again
	for _, member := range names {
		value := o[member]
		delete(o, member)
		visit(path + "." + member + " left out")
		o[member] = value
		if property, ok := s.Properties[member]; ok {
			mutateValue(&property, path+"."+member, value, func(v any) { o[member] = v }, visit)
		} else if s.AdditionalProperties != nil && s.AdditionalProperties.Structural != nil {
			mutateValue(s.AdditionalProperties.Structural, path+"."+member, value, func(v any) { o[member] = v }, visit)
		}
	}
	if len(s.Properties) > 0 {
		o["unknownMember"] = "x"
		visit(path + ".unknownMember added")
		delete(o, "unknownMember")
	}
}

// wrongValues are values at and past the edges of what the schema allows; some are valid still.
func wrongValues(s *schema.Structural, value any) []any {
	values := []any{nil, true, "", "text", int64(3), 2.5, object{}}
	v := s.ValueValidation
	if v == nil || v.Format != "date-time" { // for which the API server takes a list of texts, or none, too
		values = append(values, []any{}, []any{"text"})
	}
	switch known := value.(type) {
	case string:
		values = append(values, "Not/A-Word !", strings.ToUpper(known), known+"\u00e9", known+"\n")
		if v == nil {
			break
		}
		if v.MaxLength != nil {
			values = append(values, strings.Repeat("a", int(*v.MaxLength)), strings.Repeat("a", int(*v.MaxLength)+1))
		}
		for _, word := range v.Enum {
			values = append(values, word.Object)
		}
	case int64:
		values = append(values, int64(-1), int64(0), int64(1)<<31, int64(1)<<40, float64(known)+0.5)
		if v != nil && v.Minimum != nil {
			values = append(values, int64(*v.Minimum), int64(*v.Minimum)-1)
		}
		if v != nil && v.Maximum != nil {
			values = append(values, int64(*v.Maximum), int64(*v.Maximum)+1)
		}
	case []any:
		if len(known) == 0 {
			break
		}
		values = append(values, append(slices.Clone(known), known[0])) // a key twice
		if v != nil && v.MaxItems != nil {
			values = append(values, slices.Repeat(known[:1], int(*v.MaxItems)), slices.Repeat(known[:1], int(*v.MaxItems)+1))
		}
	case object:
		if v != nil && v.MaxProperties != nil {
			for _, count := range []int64{*v.MaxProperties, *v.MaxProperties + 1} {
				many := object{}
				for i := range count {
					many[fmt.Sprintf("k%d", i)] = "v"
				}
				values = append(values, many)
			}
		}
	}
	return values
}
