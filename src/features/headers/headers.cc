#include <absl/strings/ascii.h>
#include <absl/strings/match.h>

#include <algorithm>

#include "features/escaped.h"
#include "features/features.h"

namespace limen::features {

bool is_header_name(const std::string& name) {
  constexpr std::string_view kOther = "!#$%&'*+-.^_`|~";  // RFC 9110 token
  return !name.empty() && std::all_of(name.begin(), name.end(), [&](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) ||
           kOther.find(c) != std::string_view::npos;
  });
}

std::string escaped(const std::string& value) {
  std::string out;
  for (char c : value) out.append(c == '%' ? 2 : 1, c);
  return out;
}

namespace {

using envoy::config::core::v3::HeaderValueOption;

bool is_value(const std::string& value) {
  return std::none_of(value.begin(), value.end(),
                      [](char c) { return c == '\r' || c == '\n' || c == '\0'; });
}

bool same_name(const std::string& name, std::string_view other) {
  return absl::EqualsIgnoreCase(absl::string_view(name),
                                absl::string_view(other.data(), other.size()));
}

Problems check(const std::string& name, const std::string& value, const std::string& path) {
  if (!is_header_name(name))
    return {{"UnsupportedValue", path, "'" + name + "' is no header name"}};
  if (same_name(name, "host")) {
    return {{"UnsupportedValue", path,
             "the Host header can't be changed here: use a URLRewrite filter's hostname"}};
  }
  if (!is_value(value))
    return {
        {"UnsupportedValue", path, "the value of header '" + name + "' holds a line break or NUL"}};
  return {};
}

template <class Headers>
Problems write_list(const std::vector<api::HttpHeader>& list,
                    HeaderValueOption::HeaderAppendAction action, const std::string& path,
                    Headers& out) {
  Problems problems;
  for (size_t i = 0; i < list.size(); ++i) {
    const std::string at = path + "[" + std::to_string(i) + "]";
    Problems found = check(list[i].name, list[i].value, at);
    if (!found.empty()) {
      problems.insert(problems.end(), found.begin(), found.end());
      continue;
    }
    auto* option = out.Add();
    option->mutable_header()->set_key(list[i].name);
    option->mutable_header()->set_value(escaped(list[i].value));
    option->set_append_action(action);
    option->set_keep_empty_value(true);
  }
  return problems;
}

template <class Headers, class Names>
Problems write(const api::HttpHeaderFilter& filter, const std::string& path, Headers& add,
               Names& remove) {
  Problems problems =
      write_list(filter.set, HeaderValueOption::OVERWRITE_IF_EXISTS_OR_ADD, path + ".set", add);
  Problems more =
      write_list(filter.add, HeaderValueOption::APPEND_IF_EXISTS_OR_ADD, path + ".add", add);
  problems.insert(problems.end(), more.begin(), more.end());
  for (size_t i = 0; i < filter.remove.size(); ++i) {
    Problems found = check(filter.remove[i], "", path + ".remove[" + std::to_string(i) + "]");
    if (found.empty()) *remove.Add() = filter.remove[i];
    problems.insert(problems.end(), found.begin(), found.end());
  }
  return problems;
}

}  // namespace

template <class Target>
Problems write_request_headers(const api::HttpHeaderFilter& filter, const std::string& path,
                               Target& out) {
  return write(filter, path, *out.mutable_request_headers_to_add(),
               *out.mutable_request_headers_to_remove());
}

template <class Target>
Problems write_response_headers(const api::HttpHeaderFilter& filter, const std::string& path,
                                Target& out) {
  return write(filter, path, *out.mutable_response_headers_to_add(),
               *out.mutable_response_headers_to_remove());
}

using Weighted = route_v3::WeightedCluster::ClusterWeight;
template Problems write_request_headers(const api::HttpHeaderFilter&, const std::string&,
                                        route_v3::Route&);
template Problems write_request_headers(const api::HttpHeaderFilter&, const std::string&,
                                        Weighted&);
template Problems write_response_headers(const api::HttpHeaderFilter&, const std::string&,
                                         route_v3::Route&);
template Problems write_response_headers(const api::HttpHeaderFilter&, const std::string&,
                                         Weighted&);

}  // namespace limen::features
