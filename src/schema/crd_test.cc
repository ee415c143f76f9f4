#include "schema/crd.h"

#include <gtest/gtest.h>

#include "base/yaml.h"
#include "schema/builder.h"
#include "schema/reference.h"

namespace limen::schema {
namespace {

enum class Colour { kRed, kGreen };
std::vector<std::string_view> names_of(const Colour*) { return {"Red", "Green"}; }

struct Span {
  int seconds = 0;
};
std::string_view format_of(const Span*) { return "span such as 3s"; }
std::string_view pattern_of(const Span*) { return "^[0-9]s$"; }
bool parse_text(const std::string&, Span&) { return true; }
std::string format_text(const Span&) { return ""; }

struct Part {
  std::string name;
  Colour colour = Colour::kGreen;
};
struct Shared {
  int32_t weight = 1;
};
struct Spec {
  Shared shared;
  std::vector<Part> parts;
  std::map<std::string, std::string> labels;
  std::optional<Span> span;
  std::vector<std::string> hosts;
  Json rest;
};
struct Metadata {};
struct Thing {
  Metadata metadata;
  Spec spec;
  std::vector<Part> more;
};

const Schema& schema_of(const Part*) {
  static const Schema schema =
      object<Part>("Part", "A part.")
          .field<&Part::name>("name", "Its name.", required(), length(0, 9))
          .field<&Part::colour>("colour", "Its colour.");
  return schema;
}
const Schema& schema_of(const Shared*) {
  static const Schema schema = object<Shared>("Shared", "")
                                   .field<&Shared::weight>("weight", "Its weight.", min(0), max(10))
                                   .rule("self.weight != 7", "weight must not be 7");
  return schema;
}
const Schema& schema_of(const Spec*) {
  static const Schema schema =
      object<Spec>("Spec", "What it is.")
          .field<&Spec::shared>("", "", embedded())
          .field<&Spec::parts>("parts", "Its parts.", items(1, 4), unique_by({"name"}))
          .field<&Spec::labels>("labels", "Its labels.", items(0, 8))
          .field<&Spec::span>("span", "How long.")
          .field<&Spec::hosts>("hosts", "Where.", unique(), each(length(1, 20), pattern("^a|b$")))
          .field<&Spec::rest>("", "Kept.", rest({"extra"}));
  return schema;
}
const Schema& schema_of(const Metadata*) {
  static const Schema schema = object<Metadata>("Metadata", "");
  return schema;
}
const Schema& schema_of(const Thing*) {
  static const Schema schema = object<Thing>("Thing", "A thing.")
                                   .field<&Thing::metadata>("metadata", "", required())
                                   .field<&Thing::spec>("spec", "What it is.", required())
                                   .field<&Thing::more>("more", "More parts.");
  return schema;
}

const Schema& thing() { return schema_of(static_cast<const Thing*>(nullptr)); }

constexpr char kThing[] = R"(description: A thing.
type: object
required:
- spec
properties:
  apiVersion:
    type: string
  kind:
    type: string
  metadata:
    type: object
  spec:
    description: What it is.
    type: object
    properties:
      weight:
        description: Its weight.
        type: integer
        format: int32
        minimum: 0
        maximum: 10
        default: 1
      parts:
        description: Its parts.
        type: array
        items:
          description: A part.
          type: object
          required:
          - name
          properties:
            name:
              description: Its name.
              type: string
              maxLength: 9
            colour:
              description: Its colour.
              type: string
              enum:
              - Red
              - Green
              default: Green
        minItems: 1
        maxItems: 4
        x-kubernetes-list-type: map
        x-kubernetes-list-map-keys:
        - name
      labels:
        description: Its labels.
        type: object
        additionalProperties:
          type: string
        maxProperties: 8
      span:
        description: How long.
        type: string
        pattern: ^[0-9]s$
      hosts:
        description: Where.
        type: array
        items:
          type: string
          minLength: 1
          maxLength: 20
          pattern: ^a|b$
        x-kubernetes-list-type: set
      extra:
        description: Kept.
        x-kubernetes-preserve-unknown-fields: true
    x-kubernetes-validations:
    - rule: self.weight != 7
      message: weight must not be 7
  more:
    description: More parts.
    type: array
    items:
      description: A part.
      type: object
      required:
      - name
      properties:
        name:
          description: Its name.
          type: string
          maxLength: 9
        colour:
          description: Its colour.
          type: string
          enum:
          - Red
          - Green
          default: Green
)";

TEST(Crd, AnObjectWithoutFieldsHasNoProperties) {
  static const Schema empty = object<Metadata>("Empty", "Is there or not.");
  EXPECT_EQ(to_yaml(open_api_of(empty)), "description: Is there or not.\ntype: object\n");
}

TEST(Crd, SaysAllThatTheTableSays) { EXPECT_EQ(to_yaml(open_api_of_object(thing())), kThing); }

TEST(Reference, WritesATypeOutOnce) {
  EXPECT_EQ(reference_of(thing()), R"(| field | type | default | bounds | description |
|---|---|---|---|---|
| `spec` | object | required |  | What it is. |
| `spec.weight` | integer | `1` | 0 to 10 | Its weight. |
| `spec.parts` | list of object |  | 1 to 4 entries; no two of the same `name` | Its parts. |
| `spec.parts[].name` | string | required | at most 9 characters | Its name. |
| `spec.parts[].colour` | string | `"Green"` | one of `Red`, `Green` | Its colour. |
| `spec.labels` | map of string |  | at most 8 entries | Its labels. |
| `spec.span` | duration |  |  | How long. |
| `spec.hosts` | list of string |  | each: 1 to 20 characters, matches `^a\|b$`; no two equal | Where. |
| `spec.extra` | any |  |  | Kept. *Not yet in effect.* |
| `more` | list of object |  |  | More parts. Members as of `spec.parts[]`. |

Rules:

- `spec`: weight must not be 7
)");
}

}  // namespace
}  // namespace limen::schema
