// Tables of the shared types; see src/schema/schema.h.  For api/**.cc.
#pragma once

#include "api/gateway/common.h"
#include "schema/builder.h"

namespace limen::api {

using schema::Schema;

// Text types.
std::string_view format_of(const Time*);
bool parse_text(const std::string& text, Time& out);
std::string format_text(const Time& time);
std::string_view format_of(const Duration*);
std::string_view pattern_of(const Duration*);
bool parse_text(const std::string& text, Duration& out);
std::string format_text(const Duration& duration);

std::vector<std::string_view> names_of(const ConditionStatus*);
std::vector<std::string_view> names_of(const LabelOperator*);
std::vector<std::string_view> names_of(const CookieLifetime*);
std::vector<std::string_view> names_of(const SessionPersistenceType*);
std::vector<std::string_view> names_of(const GatewayDefaultScope*);

const Schema& schema_of(const ObjectMeta*);
const Schema& schema_of(const Condition*);
const Schema& schema_of(const LabelSelectorRequirement*);
const Schema& schema_of(const LabelSelector*);
const Schema& schema_of(const ParentReference*);
const Schema& schema_of(const ParentGatewayReference*);
const Schema& schema_of(const BackendObjectReference*);
const Schema& schema_of(const BackendRef*);
const Schema& schema_of(const SecretObjectReference*);
const Schema& schema_of(const LocalObjectReference*);
const Schema& schema_of(const ObjectReference*);
const Schema& schema_of(const ParametersReference*);
const Schema& schema_of(const Fraction*);
const Schema& schema_of(const CookieConfig*);
const Schema& schema_of(const HeaderConfig*);
const Schema& schema_of(const SessionPersistence*);
const Schema& schema_of(const CommonRouteSpec*);
const Schema& schema_of(const RouteParentStatus*);
const Schema& schema_of(const RouteStatus*);

inline constexpr char kMetadata[] = "Name, namespace, labels.";

// Patterns of the Gateway API, and what messages call them.
inline constexpr schema::Form kHostnamePattern = {
    R"(^(\*\.)?[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$)",
    "a hostname such as 'shop.example.com' or '*.example.com': lower-case letters, digits, '-' and "
    "'.', without scheme, port or path (for every host leave it out)"};
inline constexpr schema::Form kExactHostnamePattern = {
    R"(^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$)",
    "a hostname such as 'shop.example.com': lower-case letters, digits, '-' and '.', without "
    "scheme, port or path"};
inline constexpr char kGroupPattern[] =
    R"(^$|^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$)";
inline constexpr char kKindPattern[] = "^[a-zA-Z]([-a-zA-Z0-9]*[a-zA-Z0-9])?$";
inline constexpr char kNamespacePattern[] = "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$";
inline constexpr char kControllerPattern[] =
    R"p(^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\/[A-Za-z0-9\/\-._~%!$&'()*+,;=:]+$)p";
// A token of RFC 9110: names of headers and cookies.
inline constexpr schema::Form kTokenPattern = {
    "^[A-Za-z0-9!#$%&'*+\\-.^_\\x60|~]+$",
    "a name: letters, digits, '-' and '_' are allowed, no space and no ':'"};
// Visible ASCII with single spaces and tabs between.
inline constexpr char kHeaderValuePattern[] = R"(^[!-~]+([\t ]?[!-~]+)*$)";
inline constexpr char kPathPattern[] = "^(?:[-A-Za-z0-9/._~!$&'()*+,;=:@]|[%][0-9a-fA-F]{2})+$";
// Section names have the form of an exact hostname.
inline constexpr schema::Form kSectionPattern = {
    kExactHostnamePattern.pattern, "a name: lower-case letters, digits, '-' and '.' are allowed"};

}  // namespace limen::api
