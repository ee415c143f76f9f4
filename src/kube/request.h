// What is asked of an API server, and what it answers.  Values; any thread.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace limen::kube {

// A kind as the API server's paths know it.
struct Resource {
  std::string group;  // "": core
  std::string version;
  std::string plural;

  // "/apis/gateway.networking.k8s.io/v1/namespaces/shop/httproutes/cart"; without a namespace of
  // all or of a cluster-wide kind, without a name the collection.
  std::string path(std::string_view name_space, std::string_view name = {}) const;
};

struct Request {
  std::string method;
  std::string path;  // with the query
  std::string content_type;
  std::string body;
  std::chrono::milliseconds patience{30'000};  // without a byte
};

struct Answer {
  int status = 0;  // HTTP's; 0: there was no answer
  Json body;
  std::string reason;   // of a refusal, the API server's word: "NotFound", "Conflict"; or ""
  std::string message;  // what went wrong, in a sentence; "" where ok()
  std::chrono::milliseconds retry_after{0};  // as the API server wishes; 0: it doesn't say

  bool ok() const { return status >= 200 && status < 300; }
  // Trying the same again later can help.
  bool is_temporary() const { return status == 0 || status == 429 || status >= 500; }
};

// As a list's elements are without it: the item says which kind of which group and version it is.
Json with_type(Json item, const Resource& resource, std::string_view kind);

// The bytes of an answer.  Source: kind Status of meta/v1.
Answer read_answer(int status, std::string_view body);

Request get(const Resource& resource, std::string_view name_space, std::string_view name);
Request create(const Resource& resource, std::string_view name_space, const Json& object);
// Refused with 409 if the object is no longer at the resourceVersion that `object` names.
Request replace(const Resource& resource, std::string_view name_space, std::string_view name,
                const Json& object);
Request remove(const Resource& resource, std::string_view name_space, std::string_view name);
// Server-side apply: the object is made or changed to have what `object` says; fields that
// others manage too are taken over (force).
Request apply(const Resource& resource, std::string_view name_space, std::string_view name,
              const Json& object, std::string_view field_manager);
// JSON merge patch (RFC 7386) of the status subresource.
Request patch_status(const Resource& resource, std::string_view name_space, std::string_view name,
                     const Json& patch, std::string_view field_manager);

// For a query: what is no letter, digit or "-._~" as %XX.
std::string query_escape(std::string_view text);

}  // namespace limen::kube
