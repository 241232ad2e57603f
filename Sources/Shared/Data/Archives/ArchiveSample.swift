// Groups the members of an archive into samples. By WebDataset's convention, the members of a sample follow each other
// and have the same name up to the first dot in its last component.
import ByteIO
import ImageFiles

/// The name of a member: the key of its sample, and its ending in small letters. For example, `data/000.seg.png` has
/// the key `data/000` and the ending `seg.png`.
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

/// The current sample: its pictures so far, and its label if that was read.
struct ArchiveSample {
  private let key: ArraySlice<UInt8>
  private var endings: Set<String> = []
  private(set) var pictures: [ArchiveMember] = []
  var label: Result<[UInt8], any Error>?
  var labelName: [UInt8]?

  /// Begins a sample with the member named `name`.
  init(_ name: SampleName) {
    key = name.key
    endings = [name.ending]
  }

  /// Returns whether the next member belongs to the sample. A picture or label with an ending that the sample already
  /// has begins another one, so no sample has more of these than endings. Other members are not distinguished.
  mutating func takes(_ name: SampleName) -> Bool {
    guard name.key == key else { return false }
    return !isPictureEnding(name.ending) && !MemberLabels.isEnding(name.ending)
      || endings.insert(name.ending).inserted
  }

  mutating func add(_ picture: ArchiveMember) { pictures.append(picture) }

  /// The pictures, each with the sample's label.
  var labelledPictures: [ArchiveMember] {
    pictures.map { picture in
      var picture = picture
      picture.label = label
      return picture
    }
  }
}

/// Counts the members besides pictures and their labels that users should know of.
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
          + " passed over, as in WebDataset, such as \(displayed(others.first))")
    }
    if labels.count > 0, let ending {
      remarks.append(
        "\(counted(labels.count, "member")) in .\(ending.rawValue) \(labels.count == 1 ? "has" : "have") no picture next to"
          + " \(labels.count == 1 ? "it" : "them"), such as \(displayed(labels.first))")
    }
    return remarks
  }
}
