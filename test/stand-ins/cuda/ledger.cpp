#include "stand-ins/cuda/ledger.h"

#include <atomic>
#include <cinttypes>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <mutex>
#include <utility>
#include <vector>

#include "stand-ins/cuda/report.h"
#include "stand-ins/cuda/settings.h"
#include "stand-ins/cuda/stand-in-driver.h"

namespace stand_in {
namespace {

constexpr std::size_t kKeptViolations = 1000;

struct Ledger {
  std::mutex mutex;
  Report report;
  // With the number of the call that made it.
  std::map<std::pair<std::string, const void*>, unsigned long long> objects;
  std::atomic<bool> closed{false};
};

Ledger& ledger() {
  // Never destroyed: threads of the stand-in outlive static objects.
  static auto* const instance = new Ledger;
  return *instance;
}

std::string describe(const std::string& kind, const void* object) {
  char text[32];
  std::snprintf(text, sizeof(text), "0x%" PRIxPTR, reinterpret_cast<std::uintptr_t>(object));
  return kind + " " + text;
}

void keep(Ledger& book, const std::string& rule, const std::string& text) {
  std::fprintf(stderr, "STANDIN VIOLATION %s: %s\n", rule.c_str(), text.c_str());
  if (book.report.violations.size() < kKeptViolations) book.report.violations.push_back({rule, text});
}

void abortIfAsked(const Ledger& book) {
  if (!settings().abortOnViolation || book.report.violations.empty()) return;
  writeReport(book.report, settings().reportPath);
  std::abort();
}

// After all static objects of all libraries are gone: only then is what remains a leak.
__attribute__((destructor)) void judgeLeaks() {
  Ledger& book = ledger();
  const std::lock_guard<std::mutex> lock(book.mutex);
  book.closed = true;
  for (const auto& [object, call] : book.objects) {
    book.report.leaks.push_back({object.first, call});
    keep(book, "leak", describe(object.first, object.second) + ", made by call " + std::to_string(call));
  }
  abortIfAsked(book);
  writeReport(book.report, settings().reportPath);
}

}  // namespace

CallNumbers countCall(const char* function) {
  Ledger& book = ledger();
  const std::lock_guard<std::mutex> lock(book.mutex);
  return {++book.report.calls, ++book.report.byName[function]};
}

void noteInjectedFailure(const char* function, CallNumbers numbers) {
  Ledger& book = ledger();
  const std::lock_guard<std::mutex> lock(book.mutex);
  if (book.report.failed.name.empty()) book.report.failed = {numbers.overall, function};
}

void violation(const std::string& rule, const std::string& text) {
  Ledger& book = ledger();
  const std::lock_guard<std::mutex> lock(book.mutex);
  keep(book, rule, text);
  abortIfAsked(book);
}

void born(const std::string& kind, const void* object) {
  Ledger& book = ledger();
  const std::lock_guard<std::mutex> lock(book.mutex);
  book.objects[{kind, object}] = book.report.calls;
}

bool died(const std::string& kind, const void* object) {
  Ledger& book = ledger();
  const std::lock_guard<std::mutex> lock(book.mutex);
  if (book.objects.erase({kind, object}) != 0) return true;
  keep(book, "use-after-free", describe(kind, object) + " is freed but not alive");
  abortIfAsked(book);
  return false;
}

bool alive(const std::string& kind, const void* object) {
  Ledger& book = ledger();
  const std::lock_guard<std::mutex> lock(book.mutex);
  return book.objects.count({kind, object}) != 0;
}

void writeReportNow() {
  Ledger& book = ledger();
  const std::lock_guard<std::mutex> lock(book.mutex);
  writeReport(book.report, settings().reportPath);
}

bool closed() { return ledger().closed; }

}  // namespace stand_in

using stand_in::violation;

STAND_IN_EXPORT void standInViolation(const char* rule, const char* text) { violation(rule, text); }
STAND_IN_EXPORT void standInBorn(const char* kind, const void* object) { stand_in::born(kind, object); }
STAND_IN_EXPORT void standInDied(const char* kind, const void* object) { stand_in::died(kind, object); }
STAND_IN_EXPORT int standInAlive(const char* kind, const void* object) {
  return stand_in::alive(kind, object) ? 1 : 0;
}
