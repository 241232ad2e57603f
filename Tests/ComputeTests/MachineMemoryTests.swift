// The memory that the machine and its limits leave to a process.

import Foundation
import Testing

@testable import Compute

@Suite struct MachineMemoryTests {
  /// The room on a machine with 1,000 kB free, 24 kB of swap, and these other files.
  private func room(addresses: Int? = nil, data: Int? = nil, _ files: [String: String] = [:]) -> MachineMemory
    .Room?
  {
    let all = ["/proc/meminfo": "MemTotal: 4000 kB\nMemAvailable: 1000 kB\nSwapFree: 24 kB\n"].merging(files)
    { $1 }
    return MachineMemory(addressLimit: addresses, dataLimit: data, read: { all[$0] }).room
  }

  @Test func withoutLimitsTheRoomIsThatOfTheMachine() {
    #if os(Linux)
      #expect(room() == MachineMemory.Room(byteCount: 1024 * 1024, limit: "the machine"))
    #endif
  }

  /// In statm, the first number is the pages of all addresses, and the sixth those of data and stack.
  @Test func theLimitsOfTheProcessCountMemoryInUse() {
    let page = Int(getpagesize())
    let statm = ["/proc/self/statm": "5 4 3 2 0 1 0\n"]
    #expect(
      room(addresses: 9 * page, statm) == MachineMemory.Room(byteCount: 4 * page, limit: "'ulimit -v'"))
    #expect(room(data: 9 * page, statm) == MachineMemory.Room(byteCount: 8 * page, limit: "'ulimit -d'"))
    #expect(room(addresses: 3 * page, statm)?.byteCount == 0)
    #expect(room(addresses: 900)?.byteCount == 900)
  }

  @Test func limitsOfOuterControlGroupsCountAndTheirCacheIsFree() {
    let group = [
      "/proc/self/cgroup": "0::/job/step\n", "/sys/fs/cgroup/job/memory.max": "90000\n",
      "/sys/fs/cgroup/job/memory.current": "50000\n",
      "/sys/fs/cgroup/job/memory.stat": "anon 20000\ninactive_file 30000\n",
      "/sys/fs/cgroup/job/step/memory.max": "max\n",
    ]
    #expect(
      room(group) == MachineMemory.Room(byteCount: 70_000, limit: "the control group (container)"))
  }

  @Test func oldControlGroupsCountAndTheirLargestNumberIsNoLimit() {
    let group = [
      "/proc/self/cgroup": "3:cpu:/x\n2:hugetlb,memory:/docker/5f\n",
      "/sys/fs/cgroup/memory/memory.limit_in_bytes": "80000\n",
      "/sys/fs/cgroup/memory/memory.usage_in_bytes": "60000\n",
      "/sys/fs/cgroup/memory/docker/5f/memory.limit_in_bytes": "9223372036854771712\n",
    ]
    #expect(room(group)?.byteCount == 20_000)
  }

  /// Whatever the limits of this process are, some memory is left.
  @Test func thisProcessHasRoom() throws {
    let room = try #require(MachineMemory().room)
    #expect(room.byteCount > 0)
  }
}
