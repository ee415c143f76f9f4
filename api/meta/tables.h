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
bool parse_text(const std::string& text, Duration& out);
std::string format_text(const Duration& duration);

std::vector<std::string_view> names_of(const ConditionStatus*);
std::vector<std::string_view> names_of(const LabelOperator*);
std::vector<std::string_view> names_of(const CookieLifetime*);
std::vector<std::string_view> names_of(const SessionPersistenceType*);

const Schema& schema_of(const ObjectMeta*);
const Schema& schema_of(const Condition*);
const Schema& schema_of(const LabelSelectorRequirement*);
const Schema& schema_of(const LabelSelector*);
const Schema& schema_of(const ParentReference*);
const Schema& schema_of(const BackendObjectReference*);
const Schema& schema_of(const SecretObjectReference*);
const Schema& schema_of(const LocalObjectReference*);
const Schema& schema_of(const ParametersReference*);
const Schema& schema_of(const Fraction*);
const Schema& schema_of(const CookieConfig*);
const Schema& schema_of(const SessionPersistence*);
const Schema& schema_of(const RouteParentStatus*);
const Schema& schema_of(const RouteStatus*);

// Patterns of the Gateway API, and what messages call them.
inline constexpr schema::Form kHostnamePattern = {
    R"(^(\*\.)?[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$)",
    "a hostname such as 'shop.example.com' or '*.example.com': lower-case letters, digits, '-' and "
    "'.', without scheme, port or path (for every host leave it out)"};
inline constexpr schema::Form kExactHostnamePattern = {
    R"(^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$)",
    "a hostname such as 'shop.example.com': lower-case letters, digits, '-' and '.', without "
    "scheme, port or path"};
// Section names have the form of an exact hostname.
inline constexpr schema::Form kSectionPattern = {
    kExactHostnamePattern.pattern, "a name: lower-case letters, digits, '-' and '.' are allowed"};

}  // namespace limen::api
