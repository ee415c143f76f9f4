#include <re2/re2.h>

#include "features/features.h"

namespace limen::features {
namespace {

Problems check_regex(const std::string& pattern, const std::string& path) {
  RE2::Options options;
  options.set_log_errors(false);
  const RE2 regex(pattern, options);
  if (regex.ok()) return {};
  return {
      {"InvalidRegex", path, "'" + pattern + "' is no RE2 regular expression: " + regex.error()}};
}

void append(Problems& to, Problems more) {
  to.insert(to.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

Problems write_path(const api::HttpPathMatch& match, const std::string& path,
                    route_v3::RouteMatch& out) {
  switch (match.type) {
    case api::PathMatchType::kExact: out.set_path(match.value); return {};
    case api::PathMatchType::kRegularExpression:
      out.mutable_safe_regex()->set_regex(match.value);
      return check_regex(match.value, path + ".path.value");
    case api::PathMatchType::kPathPrefix: break;
  }
  std::string prefix = match.value;
  while (prefix.size() > 1 && prefix.back() == '/') prefix.pop_back();
  if (prefix.empty() || prefix == "/") {
    out.set_prefix("/");
  } else {
    out.set_path_separated_prefix(prefix);  // "/a" takes "/a" and "/a/b", not "/ab"
  }
  return {};
}

template <class Matcher>
Problems write_value(api::ValueMatchType type, const std::string& value, const std::string& path,
                     Matcher& out) {
  switch (type) {
    case api::ValueMatchType::kExact: out.mutable_string_match()->set_exact(value); return {};
    case api::ValueMatchType::kRegularExpression:
      out.mutable_string_match()->mutable_safe_regex()->set_regex(value);
      return check_regex(value, path + ".value");
  }
  __builtin_unreachable();
}

Problems write_conditions(const api::HttpRouteMatch& match, const std::string& path,
                          route_v3::RouteMatch& out) {
  Problems problems;
  for (size_t i = 0; i < match.headers.size(); ++i) {
    const auto& header = match.headers[i];
    auto* matcher = out.add_headers();
    matcher->set_name(header.name);
    append(problems, write_value(header.type, header.value,
                                 path + ".headers[" + std::to_string(i) + "]", *matcher));
  }
  for (size_t i = 0; i < match.query_params.size(); ++i) {
    const auto& param = match.query_params[i];
    auto* matcher = out.add_query_parameters();
    matcher->set_name(param.name);
    append(problems, write_value(param.type, param.value,
                                 path + ".queryParams[" + std::to_string(i) + "]", *matcher));
  }
  return problems;
}

void add_exact_header(const char* name, const char* value, route_v3::RouteMatch& out) {
  auto* matcher = out.add_headers();
  matcher->set_name(name);
  matcher->mutable_string_match()->set_exact(value);
}

}  // namespace

const char* name_of(api::HttpMethod method) {
  switch (method) {
    case api::HttpMethod::kGet: return "GET";
    case api::HttpMethod::kHead: return "HEAD";
    case api::HttpMethod::kPost: return "POST";
    case api::HttpMethod::kPut: return "PUT";
    case api::HttpMethod::kDelete: return "DELETE";
    case api::HttpMethod::kConnect: return "CONNECT";
    case api::HttpMethod::kOptions: return "OPTIONS";
    case api::HttpMethod::kTrace: return "TRACE";
    case api::HttpMethod::kPatch: return "PATCH";
  }
  __builtin_unreachable();
}

Problems write_match(const api::HttpRouteMatch& match, const std::string& path,
                     route_v3::RouteMatch& out) {
  Problems problems = write_path(match.path, path, out);
  if (match.method) add_exact_header(":method", name_of(*match.method), out);
  append(problems, write_conditions(match, path, out));
  return problems;
}

Problems write_preflight_match(const api::HttpRouteMatch& match, const std::string& path,
                               route_v3::RouteMatch& out) {
  // A preflight carries neither the method nor the headers of the request to come.
  Problems problems = write_path(match.path, path, out);
  add_exact_header(":method", "OPTIONS", out);
  for (const char* name : {"origin", "access-control-request-method"}) {
    auto* matcher = out.add_headers();
    matcher->set_name(name);
    matcher->set_present_match(true);
  }
  return problems;
}

}  // namespace limen::features
