#pragma once

#include <string>

// What the process has done: calls by name, broken rules, objects alive. Has its own lock, below all others.
namespace stand_in {

struct CallNumbers {
  // Among all calls of the process, and among those of this entry point; from 1.
  unsigned long long overall = 0;
  unsigned long long ofName = 0;
};

CallNumbers countCall(const char* function);
void noteInjectedFailure(const char* function, CallNumbers numbers);

void violation(const std::string& rule, const std::string& text);

void born(const std::string& kind, const void* object);
// False, with a violation, where there is no such object.
bool died(const std::string& kind, const void* object);
bool alive(const std::string& kind, const void* object);

// For a process that is about to die of a fault, and so will never judge its leaks.
void writeReportNow();

// True once the leaks have been judged: the process is about to end and the driver takes no more calls.
bool closed();

}  // namespace stand_in
