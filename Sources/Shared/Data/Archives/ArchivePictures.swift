// Finds the pictures in tar archives, one archive at a time.
import ByteIO
import ImageFiles

/// Reads archives and returns their pictures, in order.
///
/// A member is a picture if its name ends as a picture's does, as in folders, or if its name has no ending and its
/// content is a picture. Other members are passed over. If an archive cannot be read to its end, the search returns the
/// archive itself with the reason, and continues with the next one. Memory holds one picture, or with labels the
/// pictures of one sample.
public final class ArchivePictures: PictureFinding {
  /// The search for archives; `nil` if there is only one archive, which is open.
  private let archives: FoundPictures?
  /// An archive that was opened before its turn: standard input, or the only one.
  private var openInput: InputFile?
  private let labels: MemberLabels.Ending?
  private var archive: (path: [UInt8], reader: TarReader)?
  /// The pictures to return next.
  private var ready: [FoundPicture] = []
  /// The current sample, as far as its members were read.
  private var sample: ArchiveSample?
  /// The members to mention at the end.
  private var leftovers = ArchiveLeftovers()
  public private(set) var passedOver = PassedOver()

  /// `archives` is a search that returns archives instead of pictures and enters no folder. `standardInput` must be
  /// open if one of them is `-`. With `labels`, members form samples as in WebDataset, and the member with that ending
  /// holds the label of the sample's pictures.
  public init(
    _ archives: FoundPictures, standardInput: InputFile? = nil, labels: MemberLabels.Ending? = nil
  ) {
    self.archives = archives
    openInput = standardInput
    self.labels = labels
  }

  /// Reads one archive, which is open. ``next()`` throws its problem instead of returning it.
  public init(_ archive: InputFile) {
    archives = nil
    openInput = archive
    labels = nil
  }

  public var remarks: [String] { (archives?.remarks ?? []) + leftovers.remarks(labels) }

  public func next() throws -> FoundPicture? {
    while ready.isEmpty {
      if let archive {
        step(through: archive.reader, archive.path)
      } else if let archives {
        guard let found = try archives.next() else { return nil }
        open(found)
      } else {
        guard openInput != nil else { return nil }
        open(.standardInput)
      }
    }
    let picture = ready.removeFirst()
    if archives == nil, case .archive(_, let problem) = picture { throw problem }
    return picture
  }

  private func open(_ found: FoundPicture) {
    do {
      let input: InputFile
      switch found {
      case .standardInput:
        guard let open = openInput.take() else { preconditionFailure("nobody opened standard input") }
        input = open
      case .file(let path, _): input = try InputFile(path: FilePath(bytes: path))
      default:
        ready.append(found)
        return
      }
      archive = (found.name, try TarReader(input))
    } catch {
      ready.append(.archive(found.name, error))
    }
  }

  /// Processes one member, or ends the archive.
  private func step(through reader: TarReader, _ path: [UInt8]) {
    do {
      guard let member = try reader.next() else { return endArchive() }
      guard let labels else {
        if let picture = try picture(member, reader) { ready.append(.member(picture)) }
        return
      }
      try take(member, of: SampleName(member.name), labels, reader)
    } catch {
      endArchive()
      ready.append(.archive(path, error))
    }
  }

  private func endArchive() {
    endSample()
    archive = nil
  }

  // MARK: Members

  /// Returns the member as a picture, with its content or the reason why it has none. Returns `nil` if it is not a
  /// picture by its name or, if its name has no ending, by its content.
  private func picture(_ member: TarMember, _ reader: TarReader) throws -> ArchiveMember? {
    guard member.kind != .folder, !isPassedOver(path: member.name) else { return nil }
    let isNamedSo = isPictureName(member.name)
    guard isNamedSo || !hasEnding(member.name) else {
      if isForeignPictureName(member.name) {
        passedOver.addForeign(Array("\(reader.name): ".utf8) + member.name)
      }
      return nil
    }
    let content = try content(of: member, reader)
    guard isNamedSo || isPicture(content) else { return nil }
    return ArchiveMember(archive: reader.name, name: member.name, content: content)
  }

  private func isPicture(_ content: Result<[UInt8], any Error>) -> Bool {
    guard case .success(let bytes) = content else { return false }
    return [.png, .damagedPNG, .jpeg].contains(FileKind(firstBytes: bytes))
  }

  /// Returns the content of a member, or the problem of this member alone. Throws problems that end the archive.
  private func content(of member: TarMember, _ reader: TarReader) throws -> Result<[UInt8], any Error> {
    switch member.kind {
    case .link(let target): return .failure(MemberProblem.link(target: displayedPicture(target)))
    case .folder, .other: return .failure(MemberProblem.device)
    case .file: break
    }
    if let doubt = member.doubt { return .failure(MemberProblem.header(doubt)) }
    if member.name.isEmpty { return .failure(MemberProblem.noName) }
    do {
      return .success(try reader.content(of: member, limit: PictureLimits.fileByteCount))
    } catch let problem as WholeFileProblem {
      return .failure(problem)
    }
  }

  // MARK: Samples

  /// Adds a member to its sample. If it begins a new sample, ends the one before.
  private func take(
    _ member: TarMember, of name: SampleName, _ labels: MemberLabels.Ending, _ reader: TarReader
  ) throws {
    guard member.kind != .folder, !isPassedOver(path: member.name) else { return }
    if sample?.takes(name) != true {
      endSample()
      sample = ArchiveSample(name)
    }
    if name.ending == labels.rawValue {
      sample?.label = try label(in: member, reader)
      sample?.labelName = member.name
    } else if isPictureEnding(name.ending) {
      guard let picture = try picture(member, reader) else { return }
      sample?.add(picture)
    } else if isPictureName(member.name) {
      leftovers.addOther(reader.name, member.name)
    } else if isForeignPictureName(member.name) {
      passedOver.addForeign(Array("\(reader.name): ".utf8) + member.name)
    }
  }

  private func label(in member: TarMember, _ reader: TarReader) throws -> Result<[UInt8], any Error> {
    guard member.kind == .file, member.doubt == nil else {
      return .failure(LabelProblem.unreadableMember(displayedPicture(member.name)))
    }
    do {
      return .success(try reader.content(of: member, limit: MemberLabels.byteLimit))
    } catch is WholeFileProblem {
      return .failure(LabelProblem.unreadableMember(displayedPicture(member.name)))
    }
  }

  private func endSample() {
    guard let sample else { return }
    if sample.pictures.isEmpty, let label = sample.labelName, let archive {
      leftovers.addLabel(archive.reader.name, label)
    }
    ready += sample.labelledPictures.map { .member($0) }
    self.sample = nil
  }
}
