// The classes that folders are: those in which there are pictures, if it is plain which of them are classes.
import ByteIO
import TensorStream

/// Why folders are no classes.
public enum ClassFolderError: Failure, Equatable {
  case tooMany(limit: Int)
  /// There are pictures in a folder, and in a folder inside it.
  case nested(picture: String, folder: String, inner: String)
  /// Folders of pictures are not equally deep in those that were named.
  case depths(String, String)
  case order(ClassOrderError)

  public var kind: FailureKind { .badData }

  public var description: String {
    switch self {
    case .tooMany(let limit):
      "expected pictures in at most \(limit) folders, each a class, found more; is --label-from directory meant?"
    case .nested(let picture, let folder, let inner):
      "\(picture): expected pictures in the folders of their classes, found this one beside folders with pictures such as"
        + " '\(inner)', and its class would be '\(folder)'; move it, or list the classes with --classes"
    case .depths(let one, let other):
      "\(other): expected the folders of classes to be equally deep, found others as in \(one); name folders in which"
        + " they are, or list the classes with --classes"
    case .order(let error): error.description
    }
  }
}

extension LabelSource {
  /// The folders in which there are pictures as classes, in their order (``ClassNames/ordered(_:)``). Folders whose names cannot
  /// be classes are left out; so will be the files in them. `remark` is told what is doubtful about them. Throws a
  /// ``ClassFolderError``, or what the search throws.
  public static func folders(of search: PictureSearch, remark: (String) -> Void) throws -> LabelSource {
    var folders = ClassFolders()
    let pictures = try search.pictures()
    while let found = try pictures.next() {
      if case .file(let path, let depth) = found, path.count <= StreamLimits.nameByteCount {
        try folders.add(path, depth)
      }
    }
    try folders.checkPlaces(remark)
    do throws(ClassOrderError) {
      return .folders(ClassLookup(names: try ClassNames.ordered(folders.names)))
    } catch {
      throw ClassFolderError.order(error)
    }
  }
}

/// The folders that pictures lie in.
private struct ClassFolders {
  private(set) var names: Set<[UInt8]> = []
  private struct Place {
    /// The first picture in it, and how deep that lies in the folder that was named; `nil` where the picture was.
    var picture: [UInt8]
    var depth: Int?
  }
  /// By their names from the root or from the current folder, without those that say only where to go.
  private var places: [[ArraySlice<UInt8>]: Place] = [:]
  private var lastFolder: [UInt8]?

  mutating func add(_ path: [UInt8], _ depth: Int?) throws(ClassFolderError) {
    let folder = Array(folder(of: path))
    // Pictures come folder by folder.
    if folder == lastFolder { return }
    lastFolder = folder
    let name = lastParts(1, of: folder[...]).flatMap { isPlaceholder($0) ? nil : $0 }
    if let name, className(name) != nil, !isPassedOver(name) {
      names.insert(Array(name))
      if names.count > StreamLimits.classCount { throw .tooMany(limit: StreamLimits.classCount) }
    }
    // A picture that was named and lies nowhere has no class, which it will be told by itself.
    if name == nil && depth == nil { return }
    let parts = parts(of: path).dropLast()
    if places[Array(parts)] == nil { places[Array(parts)] = Place(picture: path, depth: depth) }
  }

  /// The names on the way to a file, and the file's. The root is an empty one.
  private func parts(of path: [UInt8]) -> [ArraySlice<UInt8>] {
    let parts = path.split(separator: UInt8(ascii: "/")).filter { !$0.elementsEqual(".".utf8) }
    return path.first == UInt8(ascii: "/") ? [[]] + parts : parts
  }

  /// Sees to it that each picture's class is plain.
  func checkPlaces(_ remark: (String) -> Void) throws(ClassFolderError) {
    let sorted = places.sorted { $0.value.picture.lexicographicallyPrecedes($1.value.picture) }
    for (parts, place) in sorted {
      for count in parts.indices {
        guard let outer = places[Array(parts[..<count])] else { continue }
        let inner = displayed(folder(of: place.picture))
        let name = parts[..<count].last.map { displayed($0) } ?? "."
        throw .nested(picture: displayed(outer.picture), folder: name, inner: inner)
      }
    }
    let found = sorted.filter { $0.value.depth != nil }
    if let first = found.first?.value,
      let other = found.first(where: { $0.value.depth != first.depth })?.value
    {
      throw .depths(displayed(first.picture), displayed(other.picture))
    }
    if let (one, other) = unequallyDeep(sorted.filter { $0.value.depth == nil }) {
      remark(
        "the folders of classes are not equally deep: each picture's class is the folder that it lies in, as in"
          + " \(displayed(one)) and \(displayed(other))")
    }
  }

  /// Two pictures, named one by one, whose class folders are at different depths.
  private func unequallyDeep(
    _ places: [(key: [ArraySlice<UInt8>], value: Place)]
  ) -> ([UInt8], [UInt8])? {
    var children: [[ArraySlice<UInt8>]: [UInt8]] = [:]
    for (parts, place) in places where children[parts.dropLast()] == nil {
      children[parts.dropLast()] = place.picture
    }
    for (parts, place) in places {
      for count in parts.indices.dropLast() {
        if let picture = children[Array(parts[..<count])] { return (picture, place.picture) }
      }
    }
    return nil
  }
}
