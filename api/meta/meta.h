// What all Kubernetes objects share.  Source: k8s.io/apimachinery meta/v1.
#pragma once

#include <absl/container/btree_map.h>

#include <chrono>
#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/text.h"

namespace limen::api {

// Namespace and name of an object; `name_space` is empty for cluster-wide kinds.
struct ObjectKey {
  Text name_space;
  Text name;

  auto operator<=>(const ObjectKey&) const = default;
  std::string text() const {
    return name_space.empty() ? name.str() : fmt::format("{}/{}", name_space, name);
  }

  template <class H>
  friend H AbslHashValue(H hash, const ObjectKey& key) {
    return H::combine(std::move(hash), key.name_space, key.name);
  }
};

// A point in time, RFC 3339 in text, whole seconds.
struct Time {
  int64_t unix_seconds = 0;
  auto operator<=>(const Time&) const = default;
};

// A GEP-2257 duration ("1h30m", "150ms"): ^([0-9]{1,5}(h|m|s|ms)){1,4}$
struct Duration {
  std::chrono::milliseconds value{0};
  auto operator<=>(const Duration&) const = default;
};

// Where an object was read from; empty outside of file mode.
struct Source {
  std::string file;
  int line = 0;
  bool operator==(const Source&) const { return true; }  // never a reason to recompute
};

struct ObjectMeta {
  Text name;
  Text name_space;  // JSON "namespace"; file mode fills in "default"
  Text uid;
  int64_t generation = 0;   // file mode: counts the spec's versions from 1
  Time creation_timestamp;  // file mode: when Limen first saw it unless the document says
  absl::btree_map<std::string, std::string> labels;  // half as large as a std::map where empty
  absl::btree_map<std::string, std::string> annotations;

  bool operator==(const ObjectMeta&) const = default;
  ObjectKey key() const { return {name_space, name}; }
};

enum class ConditionStatus { kTrue, kFalse, kUnknown };

// Whether a condition of that type says by being True, and not by being False, that something is
// wrong.
inline bool is_bad_when_true(std::string_view type) {
  return type == "Conflicted" || type == "PartiallyInvalid" ||
         type == "InsecureFrontendValidationMode";
}

// Source: meta/v1 Condition.  `last_transition_time` is set by the status sink, not by translation.
struct Condition {
  Text type;
  ConditionStatus status = ConditionStatus::kUnknown;
  int64_t observed_generation = 0;
  Time last_transition_time;
  Text reason;
  Text message;

  bool operator==(const Condition&) const = default;
  template <class H>
  friend H AbslHashValue(H hash, const Condition& condition) {
    return H::combine(std::move(hash), condition.type, condition.status,
                      condition.observed_generation, condition.reason, condition.message);
  }
};

enum class LabelOperator { kIn, kNotIn, kExists, kDoesNotExist };

struct LabelSelectorRequirement {
  std::string key;
  LabelOperator op = LabelOperator::kIn;  // JSON "operator"
  std::vector<std::string> values;
  bool operator==(const LabelSelectorRequirement&) const = default;
};

// Empty selects everything.
struct LabelSelector {
  std::map<std::string, std::string> match_labels;
  std::vector<LabelSelectorRequirement> match_expressions;
  bool operator==(const LabelSelector&) const = default;
};

}  // namespace limen::api
