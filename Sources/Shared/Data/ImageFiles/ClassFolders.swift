// Finds the classes among folders: every folder that holds pictures is one, if there is no doubt which are classes.
import ByteIO
import TensorStream

/// Why folders cannot be taken as classes.
public enum ClassFolderError: Failure, Equatable {
  case tooMany(limit: Int)
  /// A folder holds pictures, and so does a folder inside it.
  case nested(picture: String, folder: String, inner: String)
  /// Folders of pictures are at different depths below the named ones.
  case depths(String, String)
  case order(ClassOrderError)

  public var kind: FailureKind { .badData }

  public var description: String {
    switch self {
    case .tooMany(let limit):
      "expected pictures in at most \(limit) folders, each a class, found more"
    case .nested(let picture, let folder, let inner):
      "\(picture): expected pictures only in class folders, found this one next to a folder with pictures,"
        + " '\(inner)', so its class would be '\(folder)'"
    case .depths(let one, let other):
      "\(other): expected all class folders at the same depth, found others as in \(one)"
    case .order(let error): error.description
    }
  }
}

extension LabelSource {
  /// Returns the folders that hold pictures as classes, in the order of ``ClassNames/ordered(_:)``. Leaves out folders
  /// whose names cannot be classes; their files will be skipped. Passes doubts about the folders to `remark`. Throws
  /// a ``ClassFolderError``, or an error of the search.
  ///
  /// - Complexity: The search is run once. Memory grows with the folders that hold pictures, not with the pictures.
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

/// The folders that contain pictures.
private struct ClassFolders {
  private(set) var names: Set<[UInt8]> = []
  private struct Place {
    /// The first picture in the folder, and its depth below the named folder; `nil` if the picture was named itself.
    var picture: [UInt8]
    var depth: Int?
  }
  /// The folders by the components of their paths, from the root or the current folder, without `.`.
  private var places: [[ArraySlice<UInt8>]: Place] = [:]
  private var lastFolder: [UInt8]?

  mutating func add(_ path: [UInt8], _ depth: Int?) throws(ClassFolderError) {
    let folder = Array(folder(of: path))
    // Pictures arrive folder by folder.
    if folder == lastFolder { return }
    lastFolder = folder
    let name = lastParts(1, of: folder[...]).flatMap { isPlaceholder($0) ? nil : $0 }
    if let name, className(name) != nil, !isPassedOver(name) {
      names.insert(Array(name))
      if names.count > StreamLimits.classCount { throw .tooMany(limit: StreamLimits.classCount) }
    }
    // A picture that was named without a folder has no class. It gets an error of its own.
    if name == nil && depth == nil { return }
    let parts = parts(of: path).dropLast()
    if places[Array(parts)] == nil { places[Array(parts)] = Place(picture: path, depth: depth) }
  }

  /// The components of a path, the file's name last. The root is an empty component.
  private func parts(of path: [UInt8]) -> [ArraySlice<UInt8>] {
    let parts = path.split(separator: UInt8(ascii: "/")).filter { !$0.elementsEqual(".".utf8) }
    return path.first == UInt8(ascii: "/") ? [[]] + parts : parts
  }

  /// Checks that each picture's class is beyond doubt.
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
        "the class folders are at different depths: each picture's class is the folder that contains it, as in"
          + " \(displayed(one)) and \(displayed(other))")
    }
  }

  /// Returns two pictures, both named individually, whose class folders are at different depths.
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
