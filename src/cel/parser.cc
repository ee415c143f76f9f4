#include "cel/parser.h"

#include <fmt/format.h>
#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "cel/functions.h"
#include "cel/lexer.h"

namespace limen::cel {
namespace {

constexpr int kMaxDepth = 200;
constexpr size_t kMaxSource = size_t{64} * 1024;

struct Binary {
  std::string_view sign;
  Op op;
};
constexpr std::array kRelations = {Binary{"==", Op::kEqual},     Binary{"!=", Op::kNotEqual},
                                   Binary{"<=", Op::kLessEqual}, Binary{">=", Op::kGreaterEqual},
                                   Binary{"<", Op::kLess},       Binary{">", Op::kGreater},
                                   Binary{"in", Op::kIn}};
constexpr std::array kSums = {Binary{"+", Op::kAdd}, Binary{"-", Op::kSubtract}};
constexpr std::array kProducts = {Binary{"*", Op::kMultiply}, Binary{"/", Op::kDivide},
                                  Binary{"%", Op::kModulo}};
constexpr std::array kMacros = {Binary{"all", Op::kAll}, Binary{"exists", Op::kExists},
                                Binary{"exists_one", Op::kExistsOne}, Binary{"filter", Op::kFilter},
                                Binary{"map", Op::kMap}};

template <size_t N>
const Binary* find(const std::array<Binary, N>& table, std::string_view sign) {
  const auto it =
      std::find_if(table.begin(), table.end(), [&](const Binary& b) { return b.sign == sign; });
  return it == table.end() ? nullptr : &*it;
}

// Words that no field can be selected by: Kubernetes writes such a field's name between "__".
constexpr std::array<std::string_view, 21> kReserved = {
    "true",     "false",   "null",      "in",       "as",  "break",  "const",
    "continue", "else",    "for",       "function", "if",  "import", "let",
    "loop",     "package", "namespace", "return",   "var", "void",   "while"};

bool is_reserved(std::string_view name) {
  return std::find(kReserved.begin(), kReserved.end(), name) != kReserved.end();
}

std::string_view unescape(std::string_view name) {
  if (name.size() <= 4 || !name.starts_with("__") || !name.ends_with("__")) return name;
  const std::string_view word = name.substr(2, name.size() - 4);
  return is_reserved(word) ? word : name;
}

// Recursive descent.  The first error is kept; what follows it is of no account.
class Parser {
 public:
  Parser(std::vector<Token> tokens, const Environment& environment)
      : tokens_(std::move(tokens)),
        environment_(environment),
        scope_(environment.variables.begin(), environment.variables.end()) {
    result_.slots = scope_.size();
  }

  Result<Parsed> run() {
    result_.root = expression();
    if (token().kind != TokenKind::kEnd) fail("unexpected '" + token().text + "'");
    if (!error_.empty()) return Error{error_};
    return std::move(result_);
  }

 private:
  const Token& token() const { return tokens_[at_]; }
  bool is(std::string_view sign) const {
    const bool word = sign == "in";
    return token().kind == (word ? TokenKind::kName : TokenKind::kSign) && token().text == sign;
  }
  bool take(std::string_view sign) {
    if (!is(sign)) return false;
    ++at_;
    return true;
  }
  void want(std::string_view sign) {
    if (!take(sign)) fail(fmt::format("'{}' is missing", sign));
  }
  void fail(const std::string& what) {
    if (error_.empty()) error_ = fmt::format("{} at offset {}", what, token().at);
    at_ = tokens_.size() - 1;  // nothing more to read
  }
  std::string_view keep(std::string_view text) { return result_.texts.emplace_back(text); }

  Node make(Op op, std::vector<Node> args) {
    Node node;
    node.op = op;
    for (const Node& arg : args) node.depth = std::max(node.depth, arg.depth + 1);
    node.args = std::move(args);
    if (node.depth > kMaxDepth) fail("the expression is too deep");
    return node;
  }
  template <class... Nodes>
  Node make(Op op, Nodes... nodes) {
    std::vector<Node> args;
    (args.push_back(std::move(nodes)), ...);
    return make(op, std::move(args));
  }
  static Node constant(Value value) {
    Node node;
    node.constant = value;
    return node;
  }

  Node expression() {
    if (++nesting_ > kMaxDepth) fail("the expression is too deep");
    Node node = chain("||", Op::kOr);
    if (take("?")) {
      Node yes = expression();
      want(":");
      node = make(Op::kCondition, std::move(node), std::move(yes), expression());
    }
    --nesting_;
    return node;
  }

  // a || b || c is one node; so is a && b && c.
  Node chain(std::string_view sign, Op op) {
    const auto operand = [&] { return op == Op::kOr ? chain("&&", Op::kAnd) : relation(); };
    std::vector<Node> args;
    args.push_back(operand());
    while (take(sign)) args.push_back(operand());
    return args.size() == 1 ? std::move(args[0]) : make(op, std::move(args));
  }

  template <size_t N, class Operand>
  Node left_to_right(const std::array<Binary, N>& signs, Operand operand) {
    Node node = operand();
    while (const Binary* binary =
               token().kind == TokenKind::kSign || is("in") ? find(signs, token().text) : nullptr) {
      ++at_;
      node = make(binary->op, std::move(node), operand());
    }
    return node;
  }
  Node relation() {
    return left_to_right(kRelations, [this] { return sum(); });
  }
  Node sum() {
    return left_to_right(kSums, [this] { return product(); });
  }
  Node product() {
    return left_to_right(kProducts, [this] { return unary(); });
  }

  Node unary() {
    for (const auto& [sign, op] : {Binary{"!", Op::kNot}, Binary{"-", Op::kNegate}}) {
      size_t count = 0;
      while (take(sign)) ++count;
      if (count == 0) continue;
      Node node = member();
      for (; count > 0; --count) node = make(op, std::move(node));
      return node;
    }
    return member();
  }

  Node member() {
    Node node = primary();
    while (error_.empty()) {
      if (take("[")) {
        node = make(Op::kIndex, std::move(node), expression());
        want("]");
      } else if (take(".")) {
        node = selection(std::move(node));
      } else {
        break;
      }
    }
    return node;
  }

  Node selection(Node target) {
    if (token().kind != TokenKind::kName) {
      fail("a name is missing after '.'");
      return target;
    }
    const std::string name = token().text;
    ++at_;
    if (take("(")) return method(std::move(target), name);
    if (is_reserved(name))
      fail(fmt::format("'{0}' is a word of the language; write __{0}__", name));
    Node node = make(Op::kSelect, std::move(target));
    node.name = keep(unescape(name));
    return node;
  }

  Node method(Node target, const std::string& name) {
    if (const Binary* macro = find(kMacros, name)) {
      if (environment_.macros) return comprehension(std::move(target), *macro);
      fail(fmt::format("there is no {}() here", name));
      return target;
    }
    std::vector<Node> args;
    args.push_back(std::move(target));
    arguments(args, ")");
    return call(name, true, std::move(args));
  }

  Node comprehension(Node range, const Binary& macro) {
    if (token().kind != TokenKind::kName) fail("a variable's name is missing");
    scope_.push_back(token().text);
    if (error_.empty()) ++at_;
    std::vector<Node> args;
    args.push_back(std::move(range));
    want(",");
    args.push_back(expression());
    if (macro.op == Op::kMap && take(",")) args.push_back(expression());
    want(")");
    Node node = make(macro.op, std::move(args));
    node.slot = scope_.size() - 1;
    result_.slots = std::max(result_.slots, scope_.size());
    scope_.pop_back();
    return node;
  }

  void arguments(std::vector<Node>& args, std::string_view end) {
    if (take(end)) return;
    do args.push_back(expression());
    while (take(","));
    want(end);
  }

  Node call(const std::string& name, bool is_method, std::vector<Node> args) {
    const Function* function = environment_.function(name, is_method, args.size());
    if (function == nullptr)
      fail(fmt::format("there is no {} {} with {} arguments", is_method ? "method" : "function",
                       name, args.size() - (is_method ? 1 : 0)));
    Node node = make(Op::kCall, std::move(args));
    node.function = function;
    if (name == "matches" && function != nullptr) compile_pattern(node);
    return node;
  }

  void compile_pattern(Node& node) {
    const Node& pattern = node.args[1];
    const auto* text = pattern.constant.get<std::string_view>();
    if (pattern.op != Op::kConstant || text == nullptr) return;
    node.regex = std::make_shared<const re2::RE2>(*text, re2::RE2::Quiet);
    if (!node.regex->ok()) fail("bad pattern: " + node.regex->error());
  }

  Node has() {
    Node node = expression();
    want(")");
    if (node.op != Op::kSelect) fail("has() takes a field");
    node.op = Op::kHas;
    return node;
  }

  Node primary() {
    const Token now = token();
    if (now.kind == TokenKind::kEnd) {
      fail("something is missing");
      return {};
    }
    ++at_;
    switch (now.kind) {
      case TokenKind::kString: return constant(keep(now.text));
      case TokenKind::kInteger: return number<int64_t>(now);
      case TokenKind::kDouble: return number<double>(now);
      case TokenKind::kName: return name(now.text);
      case TokenKind::kSign: return bracket(now.text);
      case TokenKind::kEnd: break;
    }
    __builtin_unreachable();
  }

  Node bracket(const std::string& sign) {
    Node node;
    if (sign == "(") {
      node = expression();
      want(")");
    } else if (sign == "[") {
      std::vector<Node> elements;
      arguments(elements, "]");
      node = make(Op::kList, std::move(elements));
    } else {
      --at_;
      fail("unexpected '" + sign + "'");
    }
    return node;
  }

  template <class T>
  Node number(const Token& from) {
    T value{};
    const char* end = from.text.data() + from.text.size();
    if (std::from_chars(from.text.data(), end, value).ec != std::errc())
      fail("the number " + from.text + " is too large");
    return constant(value);
  }

  Node name(const std::string& word) {
    if (word == "true" || word == "false") return constant(word == "true");
    if (word == "null") return constant({});
    if (take("(")) {
      if (word == "has") return has();
      std::vector<Node> args;
      arguments(args, ")");
      return call(word, false, std::move(args));
    }
    const auto it = std::find(scope_.rbegin(), scope_.rend(), word);
    if (it == scope_.rend()) fail("there is no variable " + word);
    Node node = make(Op::kVariable, std::vector<Node>());
    node.slot = it == scope_.rend() ? 0 : static_cast<size_t>(scope_.rend() - it) - 1;
    node.name = keep(word);
    return node;
  }

  std::vector<Token> tokens_;
  const Environment& environment_;
  size_t at_ = 0;
  int nesting_ = 0;
  std::string error_;
  std::vector<std::string> scope_;  // a variable's slot is its index
  Parsed result_;
};

}  // namespace

const Environment& rules_of_crds() {
  static constexpr std::array<std::string_view, 1> kVariables = {"self"};
  static constexpr Environment kEnvironment = {kVariables, find_function};
  return kEnvironment;
}

Result<Parsed> parse(std::string_view source, const Environment& environment) {
  if (source.size() > kMaxSource) return Error{"the expression is too long"};
  auto tokens = tokenize(source);
  if (!tokens) return tokens.error();
  return Parser(std::move(*tokens), environment).run();
}

}  // namespace limen::cel
