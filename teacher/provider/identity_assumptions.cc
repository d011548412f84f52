#include "teacher/provider/identity_assumptions.h"

#include "teacher/provider/register_rows.h"

namespace retort {
namespace {

constexpr RegisterRow<IdentityAssumptions> kRows[] = {
    {"horizon_days", "how long a campaign may last", &IdentityAssumptions::horizon_days},
    {"round_days", "from one look of the provider at its blocks to the next", &IdentityAssumptions::round_days},
    {"day_value", "what a day of delay costs the distiller", &IdentityAssumptions::day_value},
    {"patience", "how long a distiller waits without loss", &IdentityAssumptions::patience},
    {"email_price", "forging what the tier asks for: e-mail", &IdentityAssumptions::email_price},
    {"phone_price", "forging what the tier asks for: phone", &IdentityAssumptions::phone_price},
    {"document_price", "forging what the tier asks for: document", &IdentityAssumptions::document_price},
    {"liveness_price", "forging what the tier asks for: document and a live face",
     &IdentityAssumptions::liveness_price},
    {"business_price", "forging what the tier asks for: business", &IdentityAssumptions::business_price},
    {"email_pass", "forged attempts that pass: e-mail", &IdentityAssumptions::email_pass},
    {"phone_pass", "forged attempts that pass: phone", &IdentityAssumptions::phone_pass},
    {"document_pass", "forged attempts that pass: document", &IdentityAssumptions::document_pass},
    {"liveness_pass", "forged attempts that pass: document and a live face", &IdentityAssumptions::liveness_pass},
    {"business_pass", "forged attempts that pass: business", &IdentityAssumptions::business_pass},
    {"email_quota", "the most that an account may send: e-mail", &IdentityAssumptions::email_quota},
    {"phone_quota", "the most that an account may send: phone", &IdentityAssumptions::phone_quota},
    {"document_quota", "the most that an account may send: document", &IdentityAssumptions::document_quota},
    {"liveness_quota", "the most that an account may send: document and a live face",
     &IdentityAssumptions::liveness_quota},
    {"business_quota", "the most that an account may send: business", &IdentityAssumptions::business_quota},
    {"phone_lost", "honest people who are turned away or give up: phone", &IdentityAssumptions::phone_lost},
    {"document_lost", "honest people who are turned away or give up: document", &IdentityAssumptions::document_lost},
    {"liveness_lost", "honest people who are turned away or give up: document and a live face",
     &IdentityAssumptions::liveness_lost},
    {"business_lost", "honest people who are turned away or give up: business", &IdentityAssumptions::business_lost},
    {"phone_check", "what a check costs the provider: phone", &IdentityAssumptions::phone_check},
    {"document_check", "what a check costs the provider: document", &IdentityAssumptions::document_check},
    {"liveness_check", "what a check costs the provider: document and a live face",
     &IdentityAssumptions::liveness_check},
    {"business_check", "what a check costs the provider: business", &IdentityAssumptions::business_check},
    {"revenue", "what the provider earns with an honest account", &IdentityAssumptions::revenue},
    {"own_supply", "accounts of its own that a distiller can open", &IdentityAssumptions::own_supply},
    {"straw_pay", "a straw buyer's account with any tier below business", &IdentityAssumptions::straw_pay},
    {"straw_business_pay", "a straw buyer's business account", &IdentityAssumptions::straw_business_pay},
    {"straw_supply", "accounts from straw buyers", &IdentityAssumptions::straw_supply},
    {"reseller_price", "what a reseller asks for a request", &IdentityAssumptions::reseller_price},
    {"reseller_setup", "what a reseller costs once", &IdentityAssumptions::reseller_setup},
    {"reseller_daily", "what a reseller passes on", &IdentityAssumptions::reseller_daily},
    {"resellers", "resellers who pass requests on", &IdentityAssumptions::resellers},
    {"reseller_found", "how often a reseller is ended", &IdentityAssumptions::reseller_found},
    {"reseller_compliance", "resellers who stop where they must vouch for their customers",
     &IdentityAssumptions::reseller_compliance},
    {"key_price", "a key of somebody else's", &IdentityAssumptions::key_price},
    {"key_daily", "what a key lets through unnoticed", &IdentityAssumptions::key_daily},
    {"key_days", "mean life of a key", &IdentityAssumptions::key_days},
    {"key_supply", "keys to be had", &IdentityAssumptions::key_supply},
    {"rival_price", "a request to another provider", &IdentityAssumptions::rival_price},
    {"rival_need", "samples of another provider's teacher beside this one's", &IdentityAssumptions::rival_need},
    {"rival_daily", "what another provider lets through", &IdentityAssumptions::rival_daily},
    {"open_price", "a request to open weights", &IdentityAssumptions::open_price},
    {"open_need", "samples of an open teacher beside this one's", &IdentityAssumptions::open_need},
    {"open_daily", "what hosts of open weights answer", &IdentityAssumptions::open_daily},
    {"stand_out", "more than this and a detector alarms", &IdentityAssumptions::stand_out},
    {"found_below", "accounts ended though they do not stand out", &IdentityAssumptions::found_below},
    {"found_above", "accounts ended that stand out", &IdentityAssumptions::found_above},
};

}  // namespace

void Describe(Describer& d, IdentityAssumptions& a) { DescribeRows(d, a, kRows); }
std::vector<NamedAssumption> Entries(const IdentityAssumptions& a) { return RowEntries(a, kRows); }
Assumption& EntryOf(IdentityAssumptions& a, std::string_view name) { return RowEntry(a, kRows, name); }

}  // namespace retort
