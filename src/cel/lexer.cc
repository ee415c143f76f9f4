#include "cel/lexer.h"

#include <fmt/format.h>

#include <array>
#include <cctype>
#include <optional>

namespace limen::cel {
namespace {

bool is_name_start(char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0 || c == '_'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

class Lexer {
 public:
  explicit Lexer(std::string_view source) : source_(source) {}

  Result<std::vector<Token>> run() {
    std::vector<Token> tokens;
    while (true) {
      while (at_ < source_.size() && is_space(source_[at_])) ++at_;
      auto token = next();
      if (!token) return token.error();
      tokens.push_back(std::move(*token));
      if (tokens.back().kind == TokenKind::kEnd) return tokens;
    }
  }

 private:
  char peek(size_t ahead = 0) const {
    return at_ + ahead < source_.size() ? source_[at_ + ahead] : '\0';
  }

  Error error(std::string_view what) const { return {fmt::format("{} at offset {}", what, at_)}; }

  Result<Token> next() {
    const size_t start = at_;
    if (at_ == source_.size()) return Token{TokenKind::kEnd, "", start};
    const bool raw = peek() == 'r' && (peek(1) == '\'' || peek(1) == '"');
    if (raw) ++at_;
    if (peek() == '\'' || peek() == '"') return string(start, raw);
    if (is_digit(peek())) return number(start);
    if (is_name_start(peek())) {
      while (is_name_start(peek()) || is_digit(peek())) ++at_;
      return Token{TokenKind::kName, std::string(source_.substr(start, at_ - start)), start};
    }
    return sign(start);
  }

  Result<Token> sign(size_t start) {
    static constexpr std::array<std::string_view, 24> kSigns = {
        "||", "&&", "==", "!=", "<=", ">=", "<", ">", "+", "-", "*", "/",
        "%",  "!",  "?",  ":",  ".",  ",",  "(", ")", "[", "]", "{", "}"};
    for (std::string_view text : kSigns) {
      if (!source_.substr(at_).starts_with(text)) continue;
      at_ += text.size();
      return Token{TokenKind::kSign, std::string(text), start};
    }
    return error("unexpected character");
  }

  Result<Token> number(size_t start) {
    TokenKind kind = TokenKind::kInteger;
    while (is_digit(peek())) ++at_;
    if (peek() == '.' && is_digit(peek(1))) {
      kind = TokenKind::kDouble;
      ++at_;
      while (is_digit(peek())) ++at_;
    }
    if (peek() == 'e' || peek() == 'E') {
      kind = TokenKind::kDouble;
      at_ += peek(1) == '+' || peek(1) == '-' ? 2 : 1;
      if (!is_digit(peek())) return error("a digit is missing");
      while (is_digit(peek())) ++at_;
    }
    if (is_name_start(peek())) return error("unexpected letter after a number");
    return Token{kind, std::string(source_.substr(start, at_ - start)), start};
  }

  Result<Token> string(size_t start, bool raw) {
    const char quote = source_[at_++];
    Token token{TokenKind::kString, "", start};
    while (peek() != quote) {
      if (at_ >= source_.size()) return error("the string has no end");
      const char c = source_[at_++];
      if (c != '\\' || raw) {
        token.text += c;
        continue;
      }
      const auto escaped = unescape(peek());
      if (!escaped) return error("unknown escape");
      token.text += *escaped;
      ++at_;
    }
    ++at_;
    return token;
  }

  static std::optional<char> unescape(char c) {
    switch (c) {
      case 'n': return '\n';
      case 'r': return '\r';
      case 't': return '\t';
      case '\\':
      case '\'':
      case '"': return c;
      default: return std::nullopt;
    }
  }

  std::string_view source_;
  size_t at_ = 0;
};

}  // namespace

Result<std::vector<Token>> tokenize(std::string_view source) { return Lexer(source).run(); }

}  // namespace limen::cel
