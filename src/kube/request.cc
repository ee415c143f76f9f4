#include "kube/request.h"

#include <fmt/format.h>

#include "base/json_text.h"

namespace limen::kube {
namespace {

constexpr char kJson[] = "application/json";
constexpr size_t kLongestQuote = 200;  // of an answer that is no JSON

}  // namespace

std::string Resource::path(std::string_view name_space, std::string_view name) const {
  std::string path = group.empty() ? "/api/" + version : fmt::format("/apis/{}/{}", group, version);
  if (!name_space.empty()) path += fmt::format("/namespaces/{}", name_space);
  path += "/" + plural;
  if (!name.empty()) path += fmt::format("/{}", name);
  return path;
}

Json with_type(Json item, const Resource& resource, std::string_view kind) {
  item.set("apiVersion", resource.group.empty()
                             ? resource.version
                             : fmt::format("{}/{}", resource.group, resource.version));
  item.set("kind", kind);
  return item;
}

Answer read_answer(int status, std::string_view body) {
  Answer answer;
  answer.status = status;
  Result<Json> parsed = parse_json(body);
  if (parsed) {
    answer.body = std::move(*parsed);
    if (answer.ok()) return answer;
    answer.reason = answer.body.text("reason");
    answer.message = answer.body.text("message");
  } else if (answer.ok()) {
    answer.status = 0;
    answer.message = "the API server's answer: " + parsed.error().message;
    return answer;
  } else {  // as of a path that is not served: "404 page not found"
    answer.message = body.substr(0, kLongestQuote);
    while (!answer.message.empty() && answer.message.back() <= ' ') answer.message.pop_back();
  }
  if (answer.message.empty()) answer.message = "no reason is given";
  answer.message = fmt::format("HTTP status {}: {}", status, answer.message);
  return answer;
}

Request get(const Resource& resource, std::string_view name_space, std::string_view name) {
  return {"GET", resource.path(name_space, name), "", ""};
}

Request create(const Resource& resource, std::string_view name_space, const Json& object) {
  return {"POST", resource.path(name_space), kJson, to_json(object)};
}

Request replace(const Resource& resource, std::string_view name_space, std::string_view name,
                const Json& object) {
  return {"PUT", resource.path(name_space, name), kJson, to_json(object)};
}

Request remove(const Resource& resource, std::string_view name_space, std::string_view name) {
  return {"DELETE", resource.path(name_space, name), "", ""};
}

Request apply(const Resource& resource, std::string_view name_space, std::string_view name,
              const Json& object, std::string_view field_manager) {
  return {"PATCH",
          fmt::format("{}?fieldManager={}&force=true", resource.path(name_space, name),
                      query_escape(field_manager)),
          "application/apply-patch+yaml", to_json(object)};
}

Request patch_status(const Resource& resource, std::string_view name_space, std::string_view name,
                     const Json& patch, std::string_view field_manager) {
  return {"PATCH",
          fmt::format("{}/status?fieldManager={}", resource.path(name_space, name),
                      query_escape(field_manager)),
          "application/merge-patch+json", to_json(patch)};
}

std::string query_escape(std::string_view text) {
  constexpr std::string_view kPlain =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
  std::string result;
  for (const char c : text) {
    if (kPlain.find(c) != std::string_view::npos)
      result += c;
    else
      result += fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return result;
}

}  // namespace limen::kube
