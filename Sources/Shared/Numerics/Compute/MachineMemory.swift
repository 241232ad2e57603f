// The memory that this process can still have. Linux grants more than exists, and kills a process that uses it. So
// callers compare their needs with the available memory before they allocate.
import ByteIO

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// The limits of this process's memory: those of the shell, the container, and the machine.
public struct MachineMemory {
  /// A limit, and the bytes that are left below it.
  public struct Room: Equatable, Sendable {
    public var byteCount: Int
    /// The name of what sets the limit, for messages, such as `'ulimit -v'`.
    public var limit: String

    public init(byteCount: Int, limit: String) {
      self.byteCount = byteCount
      self.limit = limit
    }
  }

  /// Returns the contents of a system file; `nil` if it cannot be read.
  private let read: (String) -> String?
  private let addressLimit: Int?
  private let dataLimit: Int?

  /// The limits of this process.
  public init() {
    self.init(
      addressLimit: limit(of: RLIMIT_AS), dataLimit: limit(of: RLIMIT_DATA),
      read: { path in
        (try? InputFile(path: path).readAll(limit: 1 << 20)).map { String(decoding: $0, as: UTF8.self) }
      })
  }

  /// Creates limits from given sources, for tests. `addressLimit` and `dataLimit` are the process's own limits; `nil`
  /// means no limit.
  init(addressLimit: Int?, dataLimit: Int?, read: @escaping (String) -> String?) {
    (self.addressLimit, self.dataLimit, self.read) = (addressLimit, dataLimit, read)
  }

  /// The smallest room that any limit leaves; `nil` if no limit is known.
  ///
  /// - Complexity: Reads a few system files, and up to three for each of the process's control groups and their parents.
  public var room: Room? {
    ([
      ownRoom(addressLimit, field: 0, "'ulimit -v'"), ownRoom(dataLimit, field: 5, "'ulimit -d'"), systemRoom,
    ]
      + groupRooms).compactMap { $0 }.min { $0.byteCount < $1.byteCount }
  }

  /// Returns the room that a limit of the process leaves. `field` of /proc/self/statm counts towards it, in
  /// pages (proc(5)).
  private func ownRoom(_ limit: Int?, field: Int, _ name: String) -> Room? {
    guard let limit else { return nil }
    let fields = (read("/proc/self/statm") ?? "").split(whereSeparator: \.isWhitespace).compactMap { Int($0) }
    let used = fields.indices.contains(field) ? fields[field] * Int(sysconf(Int32(_SC_PAGESIZE))) : 0
    return Room(byteCount: max(0, limit - used), limit: name)
  }

  /// The memory of the machine that is free, reclaimable (caches), or on disk (swap); on macOS, all memory.
  private var systemRoom: Room? {
    #if canImport(Darwin)
      var (byteCount, size): (UInt64, Int) = (0, MemoryLayout<UInt64>.size)
      guard sysctlbyname("hw.memsize", &byteCount, &size, nil, 0) == 0 else { return nil }
      return Room(byteCount: Int(byteCount), limit: "the machine")
    #else
      let figures = figures(of: "/proc/meminfo")
      guard let available = figures["MemAvailable:"] else { return nil }
      return Room(byteCount: (available + (figures["SwapFree:"] ?? 0)) * 1024, limit: "the machine")
    #endif
  }

  // MARK: - Control groups: the limits of containers and schedulers

  /// The room that the process's control groups and their parents leave. In a container, the paths may be those
  /// outside, while the files are the container's. So the root is always examined.
  private var groupRooms: [Room?] {
    (read("/proc/self/cgroup") ?? "").split(separator: "\n").flatMap { line -> [Room?] in
      let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false).map(String.init)
      guard parts.count == 3 else { return [] }
      if parts[0] == "0" {
        return folders("/sys/fs/cgroup", parts[2]).map {
          groupRoom($0, limit: "memory.max", used: "memory.current", cache: "inactive_file")
        }
      }
      guard parts[1].split(separator: ",").contains("memory") else { return [] }
      return folders("/sys/fs/cgroup/memory", parts[2]).map {
        groupRoom(
          $0, limit: "memory.limit_in_bytes", used: "memory.usage_in_bytes", cache: "total_inactive_file")
      }
    }
  }

  /// Returns the folder of a group and all its parents up to `root`.
  private func folders(_ root: String, _ path: String) -> [String] {
    var folders = [root]
    for part in path.split(separator: "/") { folders.append(folders.last! + "/" + part) }
    return folders
  }

  private func groupRoom(_ folder: String, limit: String, used: String, cache: String) -> Room? {
    func number(_ name: String) -> Int? {
      read("\(folder)/\(name)").flatMap { Int($0.split(whereSeparator: \.isWhitespace).first ?? "") }
    }
    // `max` is not a number. Without a limit, groups of version 1 show nearly 2⁶³.
    guard let most = number(limit), most < 1 << 60 else { return nil }
    let kept = max(0, (number(used) ?? 0) - (figures(of: "\(folder)/memory.stat")[cache] ?? 0))
    return Room(byteCount: max(0, most - kept), limit: "the control group (container)")
  }

  /// Returns the lines of a file that consist of a name and a number.
  private func figures(of path: String) -> [String: Int] {
    var figures: [String: Int] = [:]
    for line in (read(path) ?? "").split(separator: "\n") {
      let words = line.split(whereSeparator: \.isWhitespace)
      if words.count >= 2, let number = Int(words[1]) { figures[String(words[0])] = number }
    }
    return figures
  }
}

#if canImport(Glibc)
  private func limit(of resource: __rlimit_resource) -> Int? {
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(resource.rawValue), &limit) == 0 else { return nil }
    return Int(exactly: limit.rlim_cur)
  }
#else
  private func limit(of resource: Int32) -> Int? {
    var limit = rlimit()
    guard getrlimit(resource, &limit) == 0, limit.rlim_cur != RLIM_INFINITY else { return nil }
    return Int(exactly: limit.rlim_cur)
  }
#endif
