// How much memory this process can still have. Linux gives out more than there is, and ends a process that uses it: so what
// is needed is held against what there is before it is taken.
import ByteIO

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// The limits that memory has here: the shell's, the container's, the machine's.
public struct MachineMemory {
  /// A limit, and how much is left below it.
  public struct Room: Equatable, Sendable {
    public var byteCount: Int
    /// What sets the limit, for messages: `'ulimit -v'`.
    public var limit: String

    public init(byteCount: Int, limit: String) {
      self.byteCount = byteCount
      self.limit = limit
    }
  }

  /// The contents of a file of the system, `nil` where there is none.
  private let read: (String) -> String?
  private let addressLimit: Int?
  private let dataLimit: Int?

  /// Of this process.
  public init() {
    self.init(
      addressLimit: limit(of: RLIMIT_AS), dataLimit: limit(of: RLIMIT_DATA),
      read: { path in
        (try? InputFile(path: path).readAll(limit: 1 << 20)).map { String(decoding: $0, as: UTF8.self) }
      })
  }

  /// `addressLimit` and `dataLimit` are the process's own limits; `nil` is none.
  init(addressLimit: Int?, dataLimit: Int?, read: @escaping (String) -> String?) {
    (self.addressLimit, self.dataLimit, self.read) = (addressLimit, dataLimit, read)
  }

  /// The least that a limit leaves; `nil` where none is known.
  public var room: Room? {
    ([
      ownRoom(addressLimit, field: 0, "'ulimit -v'"), ownRoom(dataLimit, field: 5, "'ulimit -d'"), systemRoom,
    ]
      + groupRooms).compactMap { $0 }.min { $0.byteCount < $1.byteCount }
  }

  /// What a limit of the process leaves. `field` is what counts towards it in /proc/self/statm, in pages (proc(5)).
  private func ownRoom(_ limit: Int?, field: Int, _ name: String) -> Room? {
    guard let limit else { return nil }
    let fields = (read("/proc/self/statm") ?? "").split(whereSeparator: \.isWhitespace).compactMap { Int($0) }
    let used = fields.indices.contains(field) ? fields[field] * Int(sysconf(Int32(_SC_PAGESIZE))) : 0
    return Room(byteCount: max(0, limit - used), limit: name)
  }

  /// What the machine has: free, or given back when it is asked for (caches), or on disk for it (swap).
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

  // MARK: - Control groups: what containers and schedulers allow

  /// What the process's control groups leave, each with those around it. Within a container, their paths may be those
  /// outside, and the files those of the container: so the root is looked at in any case.
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

  /// The folder of a group, and those around it up to `root`.
  private func folders(_ root: String, _ path: String) -> [String] {
    var folders = [root]
    for part in path.split(separator: "/") { folders.append(folders.last! + "/" + part) }
    return folders
  }

  private func groupRoom(_ folder: String, limit: String, used: String, cache: String) -> Room? {
    func number(_ name: String) -> Int? {
      read("\(folder)/\(name)").flatMap { Int($0.split(whereSeparator: \.isWhitespace).first ?? "") }
    }
    // `max` is no number; without a limit, the older groups show nearly 2⁶³.
    guard let most = number(limit), most < 1 << 60 else { return nil }
    let kept = max(0, (number(used) ?? 0) - (figures(of: "\(folder)/memory.stat")[cache] ?? 0))
    return Room(byteCount: max(0, most - kept), limit: "the control group (container)")
  }

  /// The lines of a file that are a name and a number.
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
