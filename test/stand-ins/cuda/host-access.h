#pragma once

namespace stand_in {

// From now on the host is caught when it touches device memory, or host memory that work still uses. Faults
// that are not ours go to whoever handled them before.
void guardHostAccess();

}  // namespace stand_in
