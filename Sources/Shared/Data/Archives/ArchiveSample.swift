// Members of an archive that belong together, by WebDataset's convention: those that follow each other and have one name up to
// the first dot of their last part.
import ByteIO
import ImageFiles

/// The name of a member: the key of its sample, and its ending in small letters, `data/000.seg.png` for example is `seg.png` of
/// `data/000`.
struct SampleName: Equatable {
  let key: ArraySlice<UInt8>
  let ending: String

  init(_ name: [UInt8]) {
    let start = name.lastIndex(of: UInt8(ascii: "/")).map { $0 + 1 } ?? 0
    let dot = name[start...].firstIndex(of: UInt8(ascii: ".")) ?? name.endIndex
    key = name[..<dot]
    ending = String(decoding: name[dot...].dropFirst(), as: UTF8.self).lowercased()
  }
}

/// A sample on its way: its pictures, and its label if that was there.
struct ArchiveSample {
  private let key: ArraySlice<UInt8>
  private var endings: Set<String> = []
  private(set) var pictures: [ArchiveMember] = []
  var label: Result<[UInt8], any Error>?
  var labelName: [UInt8]?

  /// Begins a sample with the member of that name.
  init(_ name: SampleName) {
    key = name.key
    endings = [name.ending]
  }

  /// Whether the next member belongs to the sample. One that has all of its name again begins another, so no sample is larger
  /// than it has endings; other members need not be told apart.
  mutating func takes(_ name: SampleName) -> Bool {
    guard name.key == key else { return false }
    return !isPictureEnding(name.ending) && !MemberLabels.isEnding(name.ending)
      || endings.insert(name.ending).inserted
  }

  mutating func add(_ picture: ArchiveMember) { pictures.append(picture) }

  /// The pictures with their label.
  var labelledPictures: [ArchiveMember] {
    pictures.map { picture in
      var picture = picture
      picture.label = label
      return picture
    }
  }
}

/// What archives have besides pictures and their labels, and should be known of.
struct ArchiveLeftovers {
  /// Pictures whose names have more than one ending.
  private var others = PassedOver.Tally()
  /// Labels without a picture.
  private var labels = PassedOver.Tally()

  mutating func addOther(_ archive: String, _ name: [UInt8]) {
    others.add(Array("\(archive): ".utf8) + name)
  }

  mutating func addLabel(_ archive: String, _ name: [UInt8]) {
    labels.add(Array("\(archive): ".utf8) + name)
  }

  func remarks(_ ending: MemberLabels.Ending?) -> [String] {
    var remarks: [String] = []
    if others.count > 0 {
      remarks.append(
        "\(counted(others.count, "picture")) with an ending of several parts \(others.count == 1 ? "was" : "were")"
          + " passed over, as WebDataset does, such as \(displayed(others.first))")
    }
    if labels.count > 0, let ending {
      remarks.append(
        "\(counted(labels.count, "member")) in .\(ending.rawValue) \(labels.count == 1 ? "has" : "have") no picture next to"
          + " \(labels.count == 1 ? "it" : "them"), such as \(displayed(labels.first))")
    }
    return remarks
  }
}
