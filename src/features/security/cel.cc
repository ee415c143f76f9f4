// Envoy parses no text: it wants the tree.
#include "features/security/cel.h"

#include <cel/expr/syntax.pb.h>
#include <fmt/format.h>
#include <xds/type/matcher/v3/cel.pb.h>
#include <xds/type/matcher/v3/http_inputs.pb.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>
#include <vector>

#include "cel/functions.h"
#include "cel/parser.h"

namespace limen::features {
namespace {

using cel::Function;
using cel::Node;
using cel::Op;
using Expr = ::cel::expr::Expr;

// Envoy reads messages that are up to 100 deep; an expression takes two levels.
constexpr int kMostLevels = 40;

constexpr std::array<std::string_view, 7> kVariables = {
    "request", "source", "destination", "connection", "metadata", "filter_state", "xds"};

// A word that Envoy does not know would be an error in each evaluation, and a rule that never
// matches.
struct Attributes {
  std::string_view variable;
  std::vector<std::string_view> fields;
};
const std::vector<Attributes>& attributes() {
  static const std::vector<Attributes> kAll = {
      {"request",
       {"path", "url_path", "host", "scheme", "method", "headers", "referer", "useragent", "time",
        "id", "protocol", "query", "duration", "size", "total_size"}},
      {"source", {"address", "port"}},
      {"destination", {"address", "port"}},
      {"connection",
       {"id", "mtls", "requested_server_name", "tls_version", "subject_local_certificate",
        "subject_peer_certificate", "dns_san_local_certificate", "dns_san_peer_certificate",
        "uri_san_local_certificate", "uri_san_peer_certificate", "sha256_peer_certificate_digest",
        "transport_failure_reason", "termination_details"}},
      {"metadata", {"filter_metadata", "typed_filter_metadata"}},
  };
  return kAll;
}

constexpr auto kFunctions = std::to_array<Function>({
    {"size", false, 1},        {"size", true, 1},          {"startsWith", true, 2},
    {"endsWith", true, 2},     {"contains", true, 2},      {"matches", true, 2},
    {"int", false, 1},         {"uint", false, 1},         {"double", false, 1},
    {"duration", false, 1},    {"timestamp", false, 1},    {"type", false, 1},
    {"dyn", false, 1},         {"getFullYear", true, 1},   {"getMonth", true, 1},
    {"getDate", true, 1},      {"getDayOfMonth", true, 1}, {"getDayOfWeek", true, 1},
    {"getDayOfYear", true, 1}, {"getHours", true, 1},      {"getMinutes", true, 1},
    {"getSeconds", true, 1},   {"getFullYear", true, 2},   {"getMonth", true, 2},
    {"getDate", true, 2},      {"getDayOfMonth", true, 2}, {"getDayOfWeek", true, 2},
    {"getDayOfYear", true, 2}, {"getHours", true, 2},      {"getMinutes", true, 2},
    {"getSeconds", true, 2},
});

const Function* find_in_envoy(std::string_view name, bool is_method, size_t args) {
  const auto it = std::find_if(kFunctions.begin(), kFunctions.end(), [&](const Function& function) {
    return function.name == name && function.is_method == is_method && function.args == args;
  });
  return it == kFunctions.end() ? nullptr : &*it;
}

// The names of operators; of what has none, "".
std::string_view operator_of(Op op) {
  static constexpr auto kOperators = std::to_array<std::pair<Op, std::string_view>>({
      {Op::kIndex, "_[_]"},
      {Op::kNot, "!_"},
      {Op::kNegate, "-_"},
      {Op::kCondition, "_?_:_"},
      {Op::kOr, "_||_"},
      {Op::kAnd, "_&&_"},
      {Op::kEqual, "_==_"},
      {Op::kNotEqual, "_!=_"},
      {Op::kLess, "_<_"},
      {Op::kLessEqual, "_<=_"},
      {Op::kGreater, "_>_"},
      {Op::kGreaterEqual, "_>=_"},
      {Op::kIn, "@in"},
      {Op::kAdd, "_+_"},
      {Op::kSubtract, "_-_"},
      {Op::kMultiply, "_*_"},
      {Op::kDivide, "_/_"},
      {Op::kModulo, "_%_"},
  });
  for (const auto& [known, name] : kOperators) {
    if (known == op) return name;
  }
  return "";
}

class Writer {
 public:
  void write(const Node& node, Expr& out, int level = 0) {
    if (level > kMostLevels) return fail("it is too deep for Envoy");
    out.set_id(++last_id_);
    const Op op = node.op;
    if (op == Op::kConstant) return write_constant(node.constant, *out.mutable_const_expr());
    if (op == Op::kVariable) return out.mutable_ident_expr()->set_name(std::string(node.name));
    if (op == Op::kSelect || op == Op::kHas) return write_selection(node, out, level);
    if (op == Op::kOr || op == Op::kAnd) return write_chain(node, 0, node.args.size(), out, level);
    if (op == Op::kCall) return write_call(node, out, level);
    if (op != Op::kList) return write_operator(node, *out.mutable_call_expr(), level);
    for (const Node& element : node.args)
      write(element, *out.mutable_list_expr()->add_elements(), level + 1);
  }

  std::string mistake;

 private:
  void fail(const std::string& what) {
    if (mistake.empty()) mistake = what;
  }

  static void write_constant(const cel::Value& value, ::cel::expr::Constant& out) {
    if (const auto* text = value.get<std::string_view>())
      out.set_string_value(std::string(*text));
    else if (const auto* flag = value.get<bool>())
      out.set_bool_value(*flag);
    else if (const auto* number = value.get<int64_t>())
      out.set_int64_value(*number);
    else if (const auto* fraction = value.get<double>())
      out.set_double_value(*fraction);
    else
      out.set_null_value(google::protobuf::NULL_VALUE);
  }

  void write_operator(const Node& node, Expr::Call& out, int level) {
    out.set_function(std::string(operator_of(node.op)));
    for (const Node& arg : node.args) write(arg, *out.add_args(), level + 1);
  }

  void write_selection(const Node& node, Expr& out, int level) {
    const Node& of = node.args[0];
    if (of.op == Op::kVariable) check_attribute(of.name, node.name);
    auto& selection = *out.mutable_select_expr();
    selection.set_field(std::string(node.name));
    selection.set_test_only(node.op == Op::kHas);
    write(of, *selection.mutable_operand(), level + 1);
  }

  void check_attribute(std::string_view variable, std::string_view field) {
    for (const Attributes& known : attributes()) {
      if (known.variable == variable &&
          std::find(known.fields.begin(), known.fields.end(), field) == known.fields.end())
        fail(fmt::format("Envoy has no attribute {}.{}", variable, field));
    }
  }

  // Operators of two; halves, so that it is not deep.
  void write_chain(const Node& node, size_t begin, size_t end, Expr& out, int level) {
    if (end - begin == 1) return write(node.args[begin], out, level);
    if (level > kMostLevels) return fail("it is too deep for Envoy");
    out.set_id(++last_id_);
    auto& call = *out.mutable_call_expr();
    call.set_function(std::string(operator_of(node.op)));
    const size_t middle = begin + (end - begin) / 2;
    write_chain(node, begin, middle, *call.add_args(), level + 1);
    write_chain(node, middle, end, *call.add_args(), level + 1);
  }

  void write_call(const Node& node, Expr& out, int level) {
    auto& call = *out.mutable_call_expr();
    call.set_function(std::string(node.function->name));
    for (size_t i = 0; i < node.args.size(); ++i) {
      const bool is_target = node.function->is_method && i == 0;
      write(node.args[i], is_target ? *call.mutable_target() : *call.add_args(), level + 1);
    }
  }

  int64_t last_id_ = 0;
};

}  // namespace

std::string write_cel(const std::string& expression,
                      ::xds::type::matcher::v3::Matcher::MatcherList::Predicate& out) {
  static constexpr cel::Environment kEnvoy = {kVariables, find_in_envoy, false};
  const auto parsed = cel::parse(expression, kEnvoy);
  if (!parsed) return parsed.error().message;
  Writer writer;
  ::xds::type::matcher::v3::CelMatcher matcher;
  writer.write(parsed->root,
               *matcher.mutable_expr_match()->mutable_cel_expr_parsed()->mutable_expr());
  auto& single = *out.mutable_single_predicate();
  single.mutable_input()->set_name("attributes");
  single.mutable_input()->mutable_typed_config()->PackFrom(
      ::xds::type::matcher::v3::HttpAttributesCelMatchInput());
  single.mutable_custom_match()->set_name("envoy.matching.matchers.cel_matcher");
  single.mutable_custom_match()->mutable_typed_config()->PackFrom(matcher);
  return writer.mistake;
}

}  // namespace limen::features
